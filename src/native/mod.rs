//! What `LibTorch` and the C library offer and `tch` does not, behind safe functions: fused Adam, deterministic algorithms, subnormal
//! numbers, and what the allocator does with memory that is given back. The other side is `libtorch.cpp`.
//!
//! The only unsafe code of the program besides the mapping of the cache of films.
#![allow(unsafe_code, reason = "calls into C++ have no other form; each says why it is sound")]

use std::ffi::{CStr, c_char};

use tch::Tensor;
use torch_sys::C_tensor;

unsafe extern "C" {
    fn bench_run_fused_adam(
        parameters: *const *const C_tensor,
        gradients: *const *const C_tensor,
        first_moments: *const *const C_tensor,
        second_moments: *const *const C_tensor,
        count: usize,
        step: *const C_tensor,
        learning_rate: f64,
        beta_1: f64,
        beta_2: f64,
        weight_decay: f64,
        epsilon: f64,
        decoupled: bool,
    ) -> *const c_char;
    fn bench_run_set_deterministic(on: bool) -> *const c_char;
    #[cfg(test)]
    fn bench_run_is_deterministic() -> bool;
    fn bench_run_flush_subnormals();
    fn bench_run_keep_memory();
}

/// The constants of an update of Adam.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AdamConstants {
    /// η.
    pub(crate) learning_rate: f64,
    /// β₁ and β₂.
    pub(crate) betas: [f64; 2],
    /// λ.
    pub(crate) weight_decay: f64,
    /// ε.
    pub(crate) epsilon: f64,
    /// Whether the decay shrinks the parameters (`AdamW`) and is not added to the gradients (Adam).
    pub(crate) decoupled: bool,
}

/// Tensors of the same place in each list belong together.
#[derive(Debug, Default)]
pub(crate) struct AdamTensors<'a> {
    /// θ.
    pub(crate) parameters: Vec<&'a Tensor>,
    /// g.
    pub(crate) gradients: Vec<&'a Tensor>,
    /// m.
    pub(crate) first_moments: Vec<&'a Tensor>,
    /// v.
    pub(crate) second_moments: Vec<&'a Tensor>,
}

/// The update number `step` of tensors that were updated equally often: one pass over each, in place.
///
/// # Panics
/// If the lists are not of one length, tensors that belong together not of one size, or `LibTorch` refuses.
pub(crate) fn fused_adam(tensors: &AdamTensors, step: i32, constants: AdamConstants) {
    let AdamTensors { parameters, gradients, first_moments, second_moments } = tensors;
    for list in [gradients, first_moments, second_moments] {
        assert!(list.len() == parameters.len() && list.iter().zip(parameters).all(|(a, b)| a.size() == b.size()), "tensors of one size");
    }
    let Some(first) = parameters.first() else { return };
    let step = Tensor::from(f64::from(step)).to_kind(tch::Kind::Float).to_device(first.device());
    let pointers = |list: &[&Tensor]| -> Vec<*const C_tensor> { list.iter().map(|tensor| tensor.as_ptr()).collect() };
    let [parameters, gradients, first_moments, second_moments] =
        [parameters, gradients, first_moments, second_moments].map(|list| pointers(list));
    let AdamConstants { learning_rate, betas, weight_decay, epsilon, decoupled } = constants;
    // Sound: every pointer is that of a tensor that lives until the call returns, and each list has `count` of them.
    check(unsafe {
        bench_run_fused_adam(
            parameters.as_ptr(),
            gradients.as_ptr(),
            first_moments.as_ptr(),
            second_moments.as_ptr(),
            parameters.len(),
            step.as_ptr(),
            learning_rate,
            betas[0],
            betas[1],
            weight_decay,
            epsilon,
            decoupled,
        )
    });
}

/// Whether `LibTorch` takes only algorithms that repeat themselves bit for bit (where it has such), without a search for the fastest
/// and without TF32; what it does otherwise is the contrary of all of them.
pub(crate) fn set_deterministic(on: bool) {
    // Sound: no memory is passed.
    check(unsafe { bench_run_set_deterministic(on) });
}

/// What [`set_deterministic`] last set.
#[cfg(test)]
pub(crate) fn is_deterministic() -> bool {
    // Sound: no memory is passed.
    unsafe { bench_run_is_deterministic() }
}

/// Take subnormal numbers for zero on this thread and on those that it starts later, `LibTorch`'s among them: processors need a hundred
/// times as long for them.
pub(crate) fn flush_subnormals() {
    // Sound: no memory is passed.
    unsafe { bench_run_flush_subnormals() };
}

/// Make the C library keep memory that is given back to it, where it is glibc: large tensors otherwise go back to the system after each
/// step, and come as pages to be zeroed at the next one.
pub(crate) fn keep_memory() {
    // Sound: no memory is passed, and the settings may change at any time.
    unsafe { bench_run_keep_memory() };
}

/// Panic with the message, where there is one, as `tch` does.
fn check(message: *const c_char) {
    if !message.is_null() {
        // Sound: a message ends with zero and lives until the next call on this thread.
        let message = unsafe { CStr::from_ptr(message) }.to_string_lossy();
        panic!("LibTorch: {message}");
    }
}
