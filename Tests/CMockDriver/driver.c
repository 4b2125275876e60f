// The functions of the made-up driver.
#include "streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int mocked_initialise(unsigned flags) {
  int code = mock_begin("cuInit");
  if (code) return code;
  mock.is_initialised = flags == 0;
  return mock.cards ? 0 : 100;
}

int mocked_version(int *version) {
  int code = mock_begin("cuDriverGetVersion");
  *version = mock.version;
  return code;
}

int mocked_device_count(int *count) {
  int code = mock_begin("cuDeviceGetCount");
  if (code) return code;
  *count = mock.cards;
  return mock.is_initialised ? 0 : 3;
}

int mocked_device(driver_device *device, int index) {
  int code = mock_begin("cuDeviceGet");
  if (code) return code;
  *device = index + 7;
  return index >= 0 && index < mock.cards ? 0 : 101;
}

int mocked_device_name(char *name, int bytes, driver_device device) {
  int code = mock_begin("cuDeviceGetName");
  if (code) return code;
  snprintf(name, (size_t)bytes, "Made-up %d00", device - 6);
  return 0;
}

int mocked_device_uuid(uint8_t uuid[16], driver_device device) {
  int code = mock_begin("cuDeviceGetUuid_v2");
  if (code) return code;
  for (int i = 0; i < 16; i++) uuid[i] = (uint8_t)(16 * i + device - 7);
  return 0;
}

int mocked_device_pci(char *name, int bytes, driver_device device) {
  int code = mock_begin("cuDeviceGetPCIBusId");
  if (code) return code;
  snprintf(name, (size_t)bytes, "0000:%02x:00.0", device);
  return 0;
}

int mocked_device_memory(size_t *bytes, driver_device device) {
  int code = mock_begin("cuDeviceTotalMem_v2");
  if (code) return code;
  (void)device;
  *bytes = (size_t)2 << 30;
  return 0;
}

int mocked_device_attribute(int *value, int attribute, driver_device device) {
  int code = mock_begin("cuDeviceGetAttribute");
  if (code) return code;
  switch (attribute) {
    case 16: *value = 12; break;
    case 38: *value = 4 << 20; break;
    case 75: *value = 9; break;
    case 97: *value = 99 << 10; break;
    default: *value = 0; break;
  }
  if (attribute == mock.changed_attribute) *value = mock.changed_value;
  return device >= 7 ? 0 : 101;
}

int mocked_retain_context(driver_handle *context, driver_device device) {
  mock_follow_plan();
  int code = mock_begin("cuDevicePrimaryCtxRetain");
  if (code) return code;
  (void)device;
  mock.has_context = true;
  mock.handles++;
  *context = &mock;
  return 0;
}

int mocked_release_context(driver_device device) {
  int code = mock_begin("cuDevicePrimaryCtxRelease_v2");
  (void)device;
  mock.handles--;
  return code;
}

int mocked_set_context(driver_handle context) {
  int code = mock_begin("cuCtxSetCurrent");
  if (code) return code;
  return context == &mock ? 0 : 201;
}

int mocked_load_module(driver_handle *module, const void *image) {
  int code = mock_begin("cuModuleLoadData");
  if (code) return code;
  if (!image) return 1;
  *module = malloc(1);
  mock.handles++;
  return 0;
}

int mocked_unload_module(driver_handle module) {
  int code = mock_begin("cuModuleUnload");
  free(module);
  mock.handles--;
  return code;
}

int mocked_function(driver_handle *function, driver_handle module, const char *name) {
  int code = mock_begin("cuModuleGetFunction");
  if (code) return code;
  (void)module;
  // They live as long as the process.
  struct function *made = calloc(1, sizeof *made);
  snprintf(made->name, sizeof made->name, "%s", name);
  *function = made;
  return 0;
}

int mocked_set_function(driver_handle function, int attribute, int value) {
  int code = mock_begin("cuFuncSetAttribute");
  if (code) return code;
  return function && attribute == 8 && value <= 99 << 10 ? 0 : 1;
}

int mocked_launch(driver_handle handle, unsigned grid_x, unsigned grid_y, unsigned grid_z,
                  unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared,
                  driver_handle stream, void **parameters, void **extra) {
  int code = mock_begin("cuLaunchKernel");
  if (code) return code;
  const struct function *function = handle;
  if (!grid_x || !grid_y || !grid_z || grid_y > 65535 || grid_z > 65535 || block_x > 1024 ||
      block_y != 1 || block_z != 1 || extra || !parameters)
    return 1;
  mock.launches++;
  struct operation operation = {.kind = OP_LAUNCH,
                                .kernel = function->name,
                                .grid = {grid_x, grid_y, grid_z},
                                .block = block_x,
                                .shared = shared};
  if (mock.argument_bytes)
    memcpy(operation.arguments, parameters[0], mock.argument_bytes(function->name));
  if (mock.pacer)
    operation.seconds = mock.pacer(function->name, grid_x, grid_y, grid_z, parameters[0]);
  return mock_enqueue(stream, &operation);
}

int mocked_pin(void *start, size_t bytes, unsigned flags) {
  int code = mock_begin("cuMemHostRegister_v2");
  if (code) return code;
  mock.handles++;
  return start && bytes && flags == 1 ? 0 : 1;
}

int mocked_unpin(void *start) {
  int code = mock_begin("cuMemHostUnregister");
  mock.handles--;
  return start ? code : 1;
}

int mocked_upload(driver_address to, const void *from, size_t bytes, driver_handle stream) {
  int code = mock_begin("cuMemcpyHtoDAsync_v2");
  if (code) return code;
  if (!mock_holds(to, bytes)) return 1;
  return mock_enqueue(stream, &(struct operation){.kind = OP_UPLOAD,
                                                  .device = to,
                                                  .host = (void *)from,
                                                  .bytes = bytes});
}

int mocked_download(void *to, driver_address from, size_t bytes, driver_handle stream) {
  int code = mock_begin("cuMemcpyDtoHAsync_v2");
  if (code) return code;
  if (!mock_holds(from, bytes)) return 1;
  return mock_enqueue(stream, &(struct operation){
                                  .kind = OP_DOWNLOAD, .device = from, .host = to, .bytes = bytes});
}

int mocked_fill(driver_address to, unsigned value, size_t words, driver_handle stream) {
  int code = mock_begin("cuMemsetD32Async");
  if (code) return code;
  if (!mock_holds(to, 4 * words) || to % 4) return 1;
  return mock_enqueue(
      stream,
      &(struct operation){.kind = OP_FILL, .device = to, .value = value, .bytes = 4 * words});
}

struct driver_table mock_driver(void) {
#define MEMBER(member, symbol, parameters) .member = mocked_##member,
  return (struct driver_table){DRIVER_FUNCTIONS(MEMBER)};
#undef MEMBER
}
