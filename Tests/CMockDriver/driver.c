// The functions of the made-up driver.
#include "streams.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int initialise(unsigned flags) {
  int code = mock_begin("cuInit");
  if (code) return code;
  mock.is_initialised = flags == 0;
  return mock.cards ? 0 : 100;
}

static int version(int *version) {
  int code = mock_begin("cuDriverGetVersion");
  *version = mock.version;
  return code;
}

static int device_count(int *count) {
  int code = mock_begin("cuDeviceGetCount");
  if (code) return code;
  *count = mock.cards;
  return mock.is_initialised ? 0 : 3;
}

static int device(driver_device *device, int index) {
  int code = mock_begin("cuDeviceGet");
  if (code) return code;
  *device = index + 7;
  return index >= 0 && index < mock.cards ? 0 : 101;
}

static int device_name(char *name, int bytes, driver_device device) {
  int code = mock_begin("cuDeviceGetName");
  if (code) return code;
  snprintf(name, (size_t)bytes, "Made-up %d00", device - 6);
  return 0;
}

static int device_uuid(uint8_t uuid[16], driver_device device) {
  int code = mock_begin("cuDeviceGetUuid_v2");
  if (code) return code;
  for (int i = 0; i < 16; i++) uuid[i] = (uint8_t)(16 * i + device - 7);
  return 0;
}

static int device_pci(char *name, int bytes, driver_device device) {
  int code = mock_begin("cuDeviceGetPCIBusId");
  if (code) return code;
  snprintf(name, (size_t)bytes, "0000:%02x:00.0", device);
  return 0;
}

static int device_memory(size_t *bytes, driver_device device) {
  int code = mock_begin("cuDeviceTotalMem_v2");
  if (code) return code;
  (void)device;
  *bytes = (size_t)2 << 30;
  return 0;
}

static int device_attribute(int *value, int attribute, driver_device device) {
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

static int retain_context(driver_handle *context, driver_device device) {
  int code = mock_begin("cuDevicePrimaryCtxRetain");
  if (code) return code;
  (void)device;
  mock.has_context = true;
  mock.handles++;
  *context = &mock;
  return 0;
}

static int release_context(driver_device device) {
  int code = mock_begin("cuDevicePrimaryCtxRelease_v2");
  (void)device;
  mock.handles--;
  return code;
}

static int set_context(driver_handle context) {
  int code = mock_begin("cuCtxSetCurrent");
  if (code) return code;
  return context == &mock ? 0 : 201;
}

static int load_module(driver_handle *module, const void *image) {
  int code = mock_begin("cuModuleLoadData");
  if (code) return code;
  if (!image) return 1;
  *module = malloc(1);
  mock.handles++;
  return 0;
}

static int unload_module(driver_handle module) {
  int code = mock_begin("cuModuleUnload");
  free(module);
  mock.handles--;
  return code;
}

static int function(driver_handle *function, driver_handle module, const char *name) {
  int code = mock_begin("cuModuleGetFunction");
  if (code) return code;
  (void)module;
  // They live as long as the process.
  struct function *made = calloc(1, sizeof *made);
  snprintf(made->name, sizeof made->name, "%s", name);
  *function = made;
  return 0;
}

static int set_function(driver_handle function, int attribute, int value) {
  int code = mock_begin("cuFuncSetAttribute");
  if (code) return code;
  return function && attribute == 8 && value <= 99 << 10 ? 0 : 1;
}

static int launch(driver_handle handle, unsigned grid_x, unsigned grid_y, unsigned grid_z,
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
  return mock_enqueue(stream, &operation);
}

static int pin(void *start, size_t bytes, unsigned flags) {
  int code = mock_begin("cuMemHostRegister_v2");
  if (code) return code;
  mock.handles++;
  return start && bytes && flags == 1 ? 0 : 1;
}

static int unpin(void *start) {
  int code = mock_begin("cuMemHostUnregister");
  mock.handles--;
  return start ? code : 1;
}

static int upload(driver_address to, const void *from, size_t bytes, driver_handle stream) {
  int code = mock_begin("cuMemcpyHtoDAsync_v2");
  if (code) return code;
  if (!mock_holds(to, bytes)) return 1;
  return mock_enqueue(stream, &(struct operation){.kind = OP_UPLOAD,
                                                  .device = to,
                                                  .host = (void *)from,
                                                  .bytes = bytes});
}

static int download(void *to, driver_address from, size_t bytes, driver_handle stream) {
  int code = mock_begin("cuMemcpyDtoHAsync_v2");
  if (code) return code;
  if (!mock_holds(from, bytes)) return 1;
  return mock_enqueue(stream, &(struct operation){
                                  .kind = OP_DOWNLOAD, .device = from, .host = to, .bytes = bytes});
}

static int fill(driver_address to, unsigned value, size_t words, driver_handle stream) {
  int code = mock_begin("cuMemsetD32Async");
  if (code) return code;
  if (!mock_holds(to, 4 * words) || to % 4) return 1;
  return mock_enqueue(
      stream,
      &(struct operation){.kind = OP_FILL, .device = to, .value = value, .bytes = 4 * words});
}

struct driver_table mock_driver(void) {
  return (struct driver_table){
      .initialise = initialise,
      .version = version,
      .error_name = mock_error_name,
      .device_count = device_count,
      .device = device,
      .device_name = device_name,
      .device_uuid = device_uuid,
      .device_pci = device_pci,
      .device_memory = device_memory,
      .device_attribute = device_attribute,
      .retain_context = retain_context,
      .release_context = release_context,
      .set_context = set_context,
      .load_module = load_module,
      .unload_module = unload_module,
      .function = function,
      .set_function = set_function,
      .launch = launch,
      .allocate = mock_allocate,
      .free_memory = mock_free_memory,
      .memory = mock_memory_info,
      .pin = pin,
      .unpin = unpin,
      .upload = upload,
      .download = download,
      .fill = fill,
      .create_stream = mock_create_stream,
      .query_stream = mock_query_stream,
      .synchronise = mock_synchronise,
      .destroy_stream = mock_destroy_stream,
      .wait_event = mock_wait_event,
      .create_event = mock_create_event,
      .record_event = mock_record_event,
      .query_event = mock_query_event,
      .event_milliseconds = mock_event_milliseconds,
      .destroy_event = mock_destroy_event,
  };
}
