"""Called by scripts/check-exports: main.py RESULTS/NAME STORE."""

import csv
import json
import struct
import sys
from pathlib import Path

import mlflow
import yaml
from mlflow.entities import ViewType
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

COLUMNS = ["learning_rate", "train_mae", "train_loss", "train_accuracy", "val_mae", "val_loss", "val_accuracy"]
FIGURES = ["mae", "rmse", "bias", "median_absolute_error", "r2", "concordance", "loss", "accuracy"]
IN_MONTHS = ["mae", "rmse", "bias", "median_absolute_error"]

compared = 0


def same(what, found, expected):
    global compared
    compared += 1
    if found != expected:
        sys.exit(f"check-exports: {what}: found {found}, expected {expected}")


def single(value):
    """As the event file has it."""
    return struct.unpack("f", struct.pack("f", value))[0]


def rows(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def with_unit(figure):
    return f"{figure}_months" if figure in IN_MONTHS else figure


def tensorboard_tag(column):
    """train_mae is mae_months/train there."""
    if column == "learning_rate":
        return column
    part, figure = column.split("_", 1)
    return f"{with_unit(figure)}/{part}"


def check_tensorboard(study, run):
    folder = study / "tensorboard" / run.name
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0})
    events.Reload()
    epochs, timing = rows(run / "epochs.csv"), rows(run / "timing.csv")
    wall, seconds = [], 0.0
    for row in timing:
        seconds += float(row["train_seconds"]) + float(row["val_seconds"])
        wall.append(seconds)
    expected_tags = set()
    for column in COLUMNS:
        points = [(int(row["epoch"]), single(float(row[column]))) for row in epochs if row[column]]
        if not points:
            continue
        tag = tensorboard_tag(column)
        expected_tags.add(tag)
        found = events.Scalars(tag)
        same(f"{run.name} {tag}", [(event.step, event.value) for event in found], points)
        same(f"{run.name} {tag} times", all(abs(event.wall_time - time) < 1e-6 for event, time in zip(found, wall)), True)
    test = json.loads((run / "result.json").read_text())["figures"]["test"] or {}
    for figure in FIGURES:
        if test.get(figure) is not None:
            tag = f"test/{with_unit(figure)}"
            expected_tags.add(tag)
            same(f"{run.name} {tag}", [event.value for event in events.Scalars(tag)], [single(test[figure])])
    same(f"{run.name} tags", set(events.Tags()["scalars"]), expected_tags)
    text = events.Tensors("run.yaml")[0].tensor_proto.string_val[0].decode()
    same(f"{run.name} run.yaml", "".join(line[4:] + "\n" for line in text.splitlines()), (run / "run.yaml").read_text())


class Settings(yaml.SafeLoader):
    """Reads `!vit {patch_size: 8}` as `{vit: {patch_size: 8}}`."""


def variant(loader, name, node):
    read = {yaml.MappingNode: loader.construct_mapping, yaml.SequenceNode: loader.construct_sequence}
    return {name: read.get(type(node), loader.construct_scalar)(node)}


Settings.add_multi_constructor("!", variant)


def flat(value, path=""):
    """The settings of run.yaml by their path."""
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from flat(below, f"{path}.{key}" if path else key)
    else:
        yield path, value


def check_mlflow(client, experiment, runs):
    found = {run.data.tags["bench_run.run_id"]: run for run in client.search_runs([experiment.experiment_id], run_view_type=ViewType.ALL)}
    expected = {run.name for run in runs if (run / "result.json").exists() or (run / "failure.json").exists()}
    same("MLflow runs", set(found), expected)
    for run in runs:
        if run.name not in found:
            continue
        entry = found[run.name]
        settings = dict(flat(yaml.load((run / "run.yaml").read_text(), Loader=Settings)))
        same(f"{run.name} names of parameters", set(entry.data.params), set(settings))
        for name, value in settings.items():
            text = entry.data.params[name]
            if not isinstance(value, str):
                text = json.loads(text)
            elif value != text:
                # PyYAML takes a number with an exponent and without a point for text.
                text, value = float(text), float(value)
            same(f"{run.name} {name}", text, value)
        artifacts = {item.path for item in client.list_artifacts(entry.info.run_id)}
        same(f"{run.name} artifacts", {"table.md", "run.yaml"} <= artifacts, True)
        if not (run / "result.json").exists():
            same(f"{run.name} status", entry.info.status, "FAILED")
            continue
        same(f"{run.name} status", entry.info.status, "FINISHED")
        copy = Path(client.download_artifacts(entry.info.run_id, "epochs.csv"))
        same(f"{run.name} epochs.csv", copy.read_bytes(), (run / "epochs.csv").read_bytes())
        for column in COLUMNS:
            points = [(int(row["epoch"]), float(row[column])) for row in rows(run / "epochs.csv") if row[column]]
            name = f"{column}_months" if column.endswith("mae") else column
            history = client.get_metric_history(entry.info.run_id, name)
            same(f"{run.name} {name}", sorted((point.step, point.value) for point in history), points)
        figures = json.loads((run / "result.json").read_text())["figures"]
        for part in ["train", "val", "test"]:
            for figure in FIGURES:
                value = (figures[part] or {}).get(figure)
                if value is not None:
                    name = f"final_{part}_{with_unit(figure)}"
                    same(f"{run.name} {name}", entry.data.metrics[name], value)


def main():
    study, store = Path(sys.argv[1]), Path(sys.argv[2]).resolve()
    runs = sorted(path for path in (study / "runs").iterdir() if path.is_dir())
    # A failed run lies there too.
    done = [run for run in runs if (run / "result.json").exists()]
    for run in done:
        check_tensorboard(study, run)
    in_tensorboard = compared
    print(f"TensorBoard: {len(done)} runs, {in_tensorboard} comparisons")
    mlflow.set_tracking_uri(store.as_uri())
    client = mlflow.MlflowClient()
    experiment = client.get_experiment_by_name(study.name)
    same("the experiment", experiment is not None, True)
    check_mlflow(client, experiment, runs)
    print(f"MLflow {mlflow.__version__}: {len(runs)} runs, {compared - in_tensorboard} comparisons")


if __name__ == "__main__":
    main()
