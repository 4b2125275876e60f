/// The functions of NVIDIA's driver that are used here, declared by us and looked up at run time.
///
/// Nothing of NVIDIA's is included, linked or needed for a build: `libcuda.so.1` comes with the
/// driver of a card, and where it is not there is no card. Names are those that the library exports,
/// which carry the suffixes that NVIDIA's header hides; only old ones are taken, since an old
/// library lacks new ones.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/// What every function returns; 0 is success.
typedef int driver_result;
/// An address in a card's memory.
typedef uint64_t driver_address;
/// A card, counted from 0.
typedef int driver_device;
/// A context, module, function, stream or event.
typedef void *driver_handle;

/// Each function: its member, the library's symbol, its parameters.
#define DRIVER_FUNCTIONS(F)                                                                        \
  F(initialise, "cuInit", (unsigned flags))                                                        \
  F(version, "cuDriverGetVersion", (int *version))                                                 \
  F(error_name, "cuGetErrorName", (driver_result error, const char **name))                        \
  F(device_count, "cuDeviceGetCount", (int *count))                                                \
  F(device, "cuDeviceGet", (driver_device * device, int index))                                    \
  F(device_name, "cuDeviceGetName", (char *name, int bytes, driver_device device))                 \
  F(device_uuid, "cuDeviceGetUuid_v2", (uint8_t uuid[16], driver_device device))                   \
  F(device_pci, "cuDeviceGetPCIBusId", (char *name, int bytes, driver_device device))              \
  F(device_memory, "cuDeviceTotalMem_v2", (size_t *bytes, driver_device device))                   \
  F(device_attribute, "cuDeviceGetAttribute", (int *value, int attribute, driver_device device))   \
  F(retain_context, "cuDevicePrimaryCtxRetain", (driver_handle * context, driver_device device))   \
  F(release_context, "cuDevicePrimaryCtxRelease_v2", (driver_device device))                       \
  F(set_context, "cuCtxSetCurrent", (driver_handle context))                                       \
  F(load_module, "cuModuleLoadData", (driver_handle * module, const void *image))                  \
  F(unload_module, "cuModuleUnload", (driver_handle module))                                       \
  F(function, "cuModuleGetFunction",                                                               \
    (driver_handle * function, driver_handle module, const char *name))                            \
  F(set_function, "cuFuncSetAttribute", (driver_handle function, int attribute, int value))        \
  F(launch, "cuLaunchKernel",                                                                      \
    (driver_handle function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,  \
     unsigned block_y, unsigned block_z, unsigned shared, driver_handle stream,                    \
     void **parameters, void **extra))                                                             \
  F(allocate, "cuMemAlloc_v2", (driver_address * address, size_t bytes))                           \
  F(free_memory, "cuMemFree_v2", (driver_address address))                                         \
  F(memory, "cuMemGetInfo_v2", (size_t * free, size_t * total))                                    \
  F(pin, "cuMemHostRegister_v2", (void *start, size_t bytes, unsigned flags))                      \
  F(unpin, "cuMemHostUnregister", (void *start))                                                   \
  F(upload, "cuMemcpyHtoDAsync_v2",                                                                \
    (driver_address to, const void *from, size_t bytes, driver_handle stream))                     \
  F(download, "cuMemcpyDtoHAsync_v2",                                                              \
    (void *to, driver_address from, size_t bytes, driver_handle stream))                           \
  F(fill, "cuMemsetD32Async",                                                                      \
    (driver_address to, unsigned value, size_t words, driver_handle stream))                       \
  F(create_stream, "cuStreamCreate", (driver_handle * stream, unsigned flags))                     \
  F(query_stream, "cuStreamQuery", (driver_handle stream))                                         \
  F(synchronise, "cuStreamSynchronize", (driver_handle stream))                                    \
  F(destroy_stream, "cuStreamDestroy_v2", (driver_handle stream))                                  \
  F(wait_event, "cuStreamWaitEvent",                                                               \
    (driver_handle stream, driver_handle event, unsigned flags))                                   \
  F(create_event, "cuEventCreate", (driver_handle * event, unsigned flags))                        \
  F(record_event, "cuEventRecord", (driver_handle event, driver_handle stream))                    \
  F(query_event, "cuEventQuery", (driver_handle event))                                            \
  F(event_milliseconds, "cuEventElapsedTime",                                                      \
    (float *milliseconds, driver_handle begin, driver_handle end))                                 \
  F(destroy_event, "cuEventDestroy_v2", (driver_handle event))

/// The functions; all are there in a table that was opened.
struct driver_table {
#define DRIVER_MEMBER(member, symbol, parameters) driver_result(*member) parameters;
  DRIVER_FUNCTIONS(DRIVER_MEMBER)
#undef DRIVER_MEMBER
};

/// What came of looking in one place.
enum driver_outcome {
  DRIVER_OPENED,
  /// `detail` is the loader's reason.
  DRIVER_NOT_LOADED,
  /// `detail` is the symbol that the library lacks.
  DRIVER_LACKS_SYMBOL,
};

/// Told of each place: the name that was asked for, what came of it, and the file or the reason.
typedef void (*driver_note)(void *context, const char *place, enum driver_outcome outcome,
                            const char *detail);

/// A file without a name, in memory, closed in programs that are started; −1 where there is none.
int shared_memory_make(void);

/// Looks for the driver's library: `first` where it is not empty, else the loader's own search and
/// then where containers and distributions put it. Never `libcuda.so`, which may be a toolkit's
/// stub. The library stays loaded.
///
/// Returns whether `table` was filled.
bool driver_open(const char *first, struct driver_table *table, driver_note note, void *context);

#ifdef __cplusplus
}
#endif
