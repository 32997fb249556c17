"""Keras on TensorFlow as notebooks use it: films loaded into an array, `keras.applications` where it has the network, `fit`."""

import os

import common

job = common.read_job()
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from keras import layers  # noqa: E402

tf.config.threading.set_intra_op_parallelism_threads(job.threads)


def application(name):
    options = {"include_preprocessing": False} if name == "EfficientNetV2S" else {}
    base = getattr(keras.applications, name)(weights=None, include_top=False, input_shape=(job.size, job.size, 1), **options)
    return keras.Sequential([base, layers.GlobalAveragePooling2D(), layers.Dense(512, activation="relu"), layers.Dense(1)])


def cbam(xs, channels):
    hidden = layers.Dense(8, activation="relu")
    expand = layers.Dense(channels)
    scale = layers.add([expand(hidden(layers.GlobalAveragePooling2D()(xs))), expand(hidden(layers.GlobalMaxPooling2D()(xs)))])
    xs = layers.multiply([xs, layers.Reshape((1, 1, channels))(layers.Activation("sigmoid")(scale))])
    pooled = layers.concatenate([keras.ops.max(xs, axis=-1, keepdims=True), keras.ops.mean(xs, axis=-1, keepdims=True)])
    mask = layers.BatchNormalization()(layers.Conv2D(1, 7, padding="same", use_bias=False)(pooled))
    return layers.multiply([xs, layers.Activation("sigmoid")(mask)])


def convolutional(with_attention):
    inputs = xs = keras.Input((job.size, job.size, 1))
    for channels in (32, 64, 128):
        xs = layers.MaxPooling2D()(layers.Conv2D(channels, 3, activation="relu")(xs))
        if with_attention:
            xs = cbam(xs, channels)
    xs = layers.Dense(512, activation="relu")(layers.Flatten()(xs))
    return keras.Model(inputs, layers.Dense(1)(xs))


def unet():
    inputs = xs = keras.Input((job.size, job.size, 1))
    for level, channels in enumerate((64, 128, 256, 512, 1024)):
        if level > 0:
            xs = layers.MaxPooling2D()(xs)
        for _ in range(2):
            xs = layers.ReLU()(layers.BatchNormalization()(layers.Conv2D(channels, 3, padding="same", use_bias=False)(xs)))
    xs = layers.Dense(512, activation="relu")(layers.GlobalAveragePooling2D()(xs))
    return keras.Model(inputs, layers.Dense(1)(xs))


def build():
    match job.backbone:
        case "vgg16" | "vgg19":
            return application(job.backbone.upper())
        case "resnet50":
            return application("ResNet50")
        case "efficientnet_v2_s":
            return application("EfficientNetV2S")
        case "cnn" | "attention":
            return convolutional(job.backbone == "attention")
        case "unet":
            return unet()


def load(films):
    sized = (keras.utils.load_img(path, color_mode="grayscale", target_size=(job.size, job.size)) for path, _ in films)
    return np.array([keras.utils.img_to_array(film) / 255.0 for film in sized]), np.array([age for _, age in films])


class Epochs(keras.callbacks.Callback):
    def __init__(self, report, std):
        super().__init__()
        self.report = report
        self.std = std

    def on_epoch_begin(self, epoch, logs=None):
        self.report.begin_epoch()

    def on_epoch_end(self, epoch, logs=None):
        self.report.end_epoch(logs["val_mae"] * self.std)


def main():
    report = common.Report()
    (x_train, y_train), (x_val, y_val) = (load(films) for films in job.parts())
    mean, std = y_train.mean(), y_train.std()
    model = build()
    model.compile(optimizer=keras.optimizers.Adam(job.learning_rate), loss="mse", metrics=["mae"])
    model.fit(
        x_train,
        (y_train - mean) / std,
        validation_data=(x_val, (y_val - mean) / std),
        batch_size=job.batch,
        epochs=job.epochs,
        callbacks=[Epochs(report, std)],
        verbose=0,
    )
    report.close(sum(int(np.prod(weight.shape)) for weight in model.trainable_weights))


main()
