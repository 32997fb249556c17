// What LibTorch and the C library offer and the Rust bindings do not: see mod.rs, the only caller.

#include <exception>
#include <limits>
#include <string>
#include <vector>

#include <ATen/Context.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace {

thread_local std::string message;

// Null, or what LibTorch has thrown; an exception must not reach Rust.
template <class Function>
const char* guarded(Function function) {
  try {
    function();
    return nullptr;
  } catch (const std::exception& error) {
    message = error.what();
  } catch (...) {
    message = "an unknown exception";
  }
  return message.c_str();
}

std::vector<at::Tensor> list(at::Tensor* const* tensors, size_t count) {
  std::vector<at::Tensor> copies;
  copies.reserve(count);
  for (size_t index = 0; index < count; ++index) {
    copies.push_back(*tensors[index]);
  }
  return copies;
}

}  // namespace

extern "C" {

const char* bench_run_fused_adam(
    at::Tensor* const* parameters,
    at::Tensor* const* gradients,
    at::Tensor* const* first_moments,
    at::Tensor* const* second_moments,
    size_t count,
    const at::Tensor* step,
    double learning_rate,
    double beta_1,
    double beta_2,
    double weight_decay,
    double epsilon,
    bool decoupled) {
  return guarded([&] {
    const std::vector<at::Tensor> steps(count, *step);
    const auto all = {parameters, gradients, first_moments, second_moments};
    std::vector<std::vector<at::Tensor>> lists;
    for (const auto tensors : all) {
      lists.push_back(list(tensors, count));
    }
    if (decoupled) {
      at::_fused_adamw_(
          lists[0], lists[1], lists[2], lists[3], {}, steps, learning_rate, beta_1, beta_2, weight_decay, epsilon, false, false, {}, {});
    } else {
      at::_fused_adam_(
          lists[0], lists[1], lists[2], lists[3], {}, steps, learning_rate, beta_1, beta_2, weight_decay, epsilon, false, false, {}, {});
    }
  });
}

const char* bench_run_set_deterministic(bool on) {
  return guarded([&] {
    auto& context = at::globalContext();
    context.setDeterministicAlgorithms(on, /*warn_only=*/true);
    // Nothing here reads memory that nothing wrote; filling it would cost a pass over every tensor.
    context.setDeterministicFillUninitializedMemory(false);
    context.setDeterministicCuDNN(on);
    // Trying every algorithm costs each network some 30 seconds at its first shapes and was no faster afterwards (H200, bf16).
    context.setBenchmarkCuDNN(false);
    context.setAllowTF32CuDNN(!on);
    context.setAllowTF32CuBLAS(!on);
  });
}

bool bench_run_is_deterministic() {
  const auto& context = at::globalContext();
  return context.deterministicAlgorithms() && context.deterministicCuDNN() && !context.benchmarkCuDNN();
}

void bench_run_flush_subnormals() { at::Context::setFlushDenormal(true); }

void bench_run_keep_memory() {
#if defined(__GLIBC__)
  const int most = std::numeric_limits<int>::max();
  mallopt(M_MMAP_THRESHOLD, most);
  mallopt(M_TRIM_THRESHOLD, most);
  mallopt(M_TOP_PAD, 64 << 20);
#endif
}

}  // extern "C"
