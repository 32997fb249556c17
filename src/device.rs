//! Where tensors live, and which number format and memory layout the hardware likes: the only lines that know of CUDA.

use std::str::FromStr;

use tch::{Cuda, Device, Kind, Tensor};

use crate::native;
use crate::plan::ComputePrecision;
use crate::spec::Precision;

/// What `--device` asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum DeviceChoice {
    /// The first CUDA device where LibTorch finds one, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// A CUDA device by number.
    Cuda(usize),
}

impl FromStr for DeviceChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => text
                .strip_prefix("cuda:")
                .and_then(|number| number.parse().ok())
                .map(Self::Cuda)
                .ok_or_else(|| format!("unknown device {text:?}; expected auto, cpu, cuda or cuda:N")),
        }
    }
}

/// The device of a choice.
///
/// # Errors
/// If a CUDA device is asked for that LibTorch does not find.
pub fn choose(choice: DeviceChoice) -> Result<Device, String> {
    let count = cuda_device_count();
    match choice {
        DeviceChoice::Auto if count > 0 => Ok(Device::Cuda(0)),
        DeviceChoice::Auto | DeviceChoice::Cpu => Ok(Device::Cpu),
        DeviceChoice::Cuda(number) if number < count => Ok(Device::Cuda(number)),
        DeviceChoice::Cuda(number) => Err(format!(
            "cuda:{number} was asked for, but LibTorch finds {count} CUDA device(s); use --device cpu, or set up LibTorch with `scripts/libtorch --cuda`"
        )),
    }
}

fn cuda_device_count() -> usize {
    if Cuda::is_available() { usize::try_from(Cuda::device_count()).unwrap_or(0) } else { 0 }
}

/// `cpu` or `cuda:N`.
pub fn describe(device: Device) -> String {
    match device {
        Device::Cuda(number) => format!("cuda:{number}"),
        _ => "cpu".to_owned(),
    }
}

/// The precision used on a device for the one asked for.
pub fn resolve_precision(asked: Precision, device: Device) -> ComputePrecision {
    match asked {
        Precision::Bf16 => ComputePrecision::Bf16,
        Precision::Auto if multiplies_bf16(device) => ComputePrecision::Bf16,
        Precision::Auto | Precision::Fp32 => ComputePrecision::Fp32,
    }
}

fn multiplies_bf16(device: Device) -> bool {
    match device {
        Device::Cuda(_) => true,
        _ => cpu_multiplies_bf16(),
    }
}

#[cfg(target_arch = "x86_64")]
fn cpu_multiplies_bf16() -> bool {
    // Every CPU with AMX bf16 has this as well.
    std::is_x86_feature_detected!("avx512bf16")
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_multiplies_bf16() -> bool {
    false
}

/// The tensor kind of a precision.
pub fn compute_kind(precision: ComputePrecision) -> Kind {
    match precision {
        ComputePrecision::Bf16 => Kind::BFloat16,
        ComputePrecision::Fp32 => Kind::Float,
    }
}

/// CPU threads that LibTorch computes with.
pub fn threads() -> u32 {
    u32::try_from(tch::get_num_threads()).unwrap_or(1)
}

/// Make LibTorch compute with that many CPU threads; the same number gives the same bytes.
pub fn set_threads(threads: u32) {
    tch::set_num_threads(i32::try_from(threads).unwrap_or(i32::MAX));
}

/// The same values with channels-last strides where there are four dimensions, which is what convolutions are fastest
/// on; other tensors are made contiguous. One channel, too, gets the strides by which `LibTorch` knows the layout: a grey film
/// otherwise leaves the first convolution, and all that follows up to the second, in the slower one.
///
/// # Shapes
/// `[N, C, H, W]` → `[N, C, H, W]`, strides of `[N, H, W, C]`.
pub fn channels_last(xs: &Tensor) -> Tensor {
    let Ok((_, channels, height, width)) = xs.size4() else { return xs.contiguous() };
    let xs = xs.permute([0, 2, 3, 1]).contiguous().permute([0, 3, 1, 2]);
    xs.as_strided(xs.size(), [channels * height * width, 1, width * channels, channels], None)
}

/// A tensor of the CPU on another device. The copy to CUDA is from page-locked memory, so that nobody waits for it: what the device is
/// told afterwards comes after it there.
pub fn send(host: Tensor, device: Device) -> Tensor {
    if device.is_cuda() { host.pin_memory(device).to_device_(device, host.kind(), true, false) } else { host }
}

/// Make the process fit for training: memory that a step gives back is kept for the next one, and numbers too small to be
/// told from zero are zero. To be called before anything is computed.
pub fn prepare() {
    native::keep_memory();
    native::flush_subnormals();
}

/// Make the device repeat itself bit for bit: algorithms that do so, no TF32 in products. A CPU does so anyway.
pub fn make_deterministic(device: Device) {
    if device.is_cuda() {
        native::set_deterministic(true);
    }
}

/// Let a CUDA device use algorithms that repeat themselves only nearly, and round products to TF32: faster in fp32, and the last digits
/// may differ from run to run.
pub fn relax(device: Device) {
    if device.is_cuda() {
        native::set_deterministic(false);
    }
}

/// Environment variables for a process that trains, which are read before it begins; what the user has set stays. `crowded` is
/// whether other programs want the cores that its threads are to have.
pub fn child_environment(crowded: bool) -> Vec<(&'static str, String)> {
    let mut settings = vec![
        // cuBLAS repeats itself bit for bit only with a workspace of fixed size (CUDA's documentation, "Results reproducibility").
        ("CUBLAS_WORKSPACE_CONFIG", ":4096:8"),
        // Large pages for the memory of tensors; ignored by a C library that is not glibc.
        ("GLIBC_TUNABLES", "glibc.malloc.hugetlb=1"),
    ];
    if crowded {
        // Threads that spin while they wait for each other are the fastest on cores of their own, and by far the slowest elsewhere.
        settings.push(("OMP_WAIT_POLICY", "passive"));
    }
    let is_free = |name: &str| std::env::var_os(name).is_none();
    settings.into_iter().filter(|(name, _)| is_free(name)).map(|(name, value)| (name, value.to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_are_parsed() {
        for (text, expected) in
            [("auto", DeviceChoice::Auto), ("cpu", DeviceChoice::Cpu), ("cuda", DeviceChoice::Cuda(0)), ("cuda:3", DeviceChoice::Cuda(3))]
        {
            assert_eq!(text.parse(), Ok(expected), "{text}");
        }
        for text in ["gpu", "cuda:", "cuda:-1", "cuda:x", ""] {
            assert!(text.parse::<DeviceChoice>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_cuda_device_that_is_not_there_is_an_error_that_says_what_to_do() {
        let message = choose(DeviceChoice::Cuda(99)).unwrap_err();
        assert!(message.contains("--device cpu"), "{message}");
    }

    #[test]
    fn images_become_channels_last_without_a_change_of_value() {
        let xs = Tensor::rand([2, 3, 4, 5], (Kind::Float, Device::Cpu));
        let ys = channels_last(&xs);
        assert_eq!(ys.stride(), [60, 1, 15, 3]);
        assert_eq!(xs, ys);
    }

    #[test]
    fn one_channel_is_channels_last_too() {
        let xs = channels_last(&Tensor::rand([2, 1, 4, 5], (Kind::Float, Device::Cpu)));
        assert_eq!(xs.stride(), [20, 1, 5, 1]);
        assert_eq!(channels_last(&xs.narrow(0, 1, 1)), xs.narrow(0, 1, 1));
    }

    #[test]
    fn threads_wait_asleep_only_where_others_want_their_cores() {
        let has_policy = |crowded| child_environment(crowded).iter().any(|(name, _)| *name == "OMP_WAIT_POLICY");
        if std::env::var_os("OMP_WAIT_POLICY").is_none() {
            assert_eq!((has_policy(false), has_policy(true)), (false, true));
        }
    }

    #[test]
    fn algorithms_that_repeat_themselves_are_switched_on_and_off() {
        native::set_deterministic(true);
        assert!(native::is_deterministic());
        native::set_deterministic(false);
        assert!(!native::is_deterministic());
    }
}
