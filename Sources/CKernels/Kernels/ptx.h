// The instructions of a card that kernels are made of. The tests' emulated.h has the same names.
#pragma once

typedef unsigned int u32;
typedef unsigned short u16;

#define DEVICE __device__ __forceinline__
#define KERNEL(threads, blocks) extern "C" __global__ void __launch_bounds__(threads, blocks)
#define UNROLL _Pragma("unroll")
// Whether a test has planted a fault, to see that it would be found: never on a card.
#define PLANTED(fault) false

extern __shared__ __align__(1024) char shared_memory[];

DEVICE int thread_index() { return (int)threadIdx.x; }
DEVICE int block_x() { return (int)blockIdx.x; }
DEVICE int block_y() { return (int)blockIdx.y; }
DEVICE int block_z() { return (int)blockIdx.z; }

// All threads of a block meet.
DEVICE void meet() { asm volatile("bar.sync 0;" ::: "memory"); }

// Where in shared memory the block's begins; tiles are given by such addresses.
DEVICE u32 shared_start() {
  unsigned long long address;
  asm("cvta.to.shared.u64 %0, %1;" : "=l"(address) : "l"(shared_memory));
  return (u32)address;
}

// Copies 16 bytes to shared memory, or clears them; done when waited for.
DEVICE void begin_copy(u32 to, const void *from, bool is_inside) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from),
               "r"(is_inside ? 16 : 0)
               : "memory");
}

// Ends a group of copies.
DEVICE void end_group() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits for this thread's groups but the last `left`.
template <int left>
DEVICE void wait_for_groups() {
  asm volatile("cp.async.wait_group %0;" ::"n"(left) : "memory");
}

// Four 8 × 8 matrices of halves; lane l gives the address of row l % 8 of matrix l / 8.
DEVICE void load_matrices(u32 (&r)[4], u32 row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(row)
               : "memory");
}

DEVICE void load_matrices_transposed(u32 (&r)[4], u32 row) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(row)
               : "memory");
}

// c += a · b of one warp, [16, 16] · [16, 8], in the fragments of mma.m16n8k16.
DEVICE void multiply(float (&c)[4], const u32 (&a)[4], u32 b0, u32 b1) {
  asm volatile(
      "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, "
      "%9}, {%0, %1, %2, %3};"
      : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
      : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

// Two halves, each the nearest; `low` in the lower bits.
DEVICE u32 pack(float low, float high) {
  u32 r;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(high), "f"(low));
  return r;
}

DEVICE float float_of_half(u16 half) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(half));
  return x;
}

// 2^x, to two units in the last place; 0 below the normal numbers.
DEVICE float exp2_of(float x) {
  float y;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEVICE float square_root(float x) {
  float y;
  asm("sqrt.rn.f32 %0, %1;" : "=f"(y) : "f"(x));
  return y;
}

DEVICE float larger(float x, float y) {
  float z;
  asm("max.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}

DEVICE float smaller(float x, float y) {
  float z;
  asm("min.f32 %0, %1, %2;" : "=f"(z) : "f"(x), "f"(y));
  return z;
}

// The value of the lane whose number differs in the bits of `mask`.
DEVICE float across(float x, int mask) {
  float y;
  asm volatile("shfl.sync.bfly.b32 %0, %1, %2, 31, 0xffffffff;" : "=f"(y) : "f"(x), "r"(mask));
  return y;
}
