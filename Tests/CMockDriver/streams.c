// Streams of the made-up cards: queues whose work is done late, in an order of chance.
#include "streams.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static double clock_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

static struct stream *stream_of(driver_handle handle) {
  for (int i = 0; i < MOCK_STREAMS; i++)
    if (handle == &mock.streams[i] && mock.streams[i].is_open) return &mock.streams[i];
  return NULL;
}

int mock_enqueue(driver_handle handle, const struct operation *operation) {
  struct stream *stream = stream_of(handle);
  // Pieces are to name their stream: the default one waits for all others.
  if (!stream) return 400;
  if (stream->first + stream->count >= MOCK_OPERATIONS) {
    memmove(stream->queue, stream->queue + stream->first, stream->count * sizeof *stream->queue);
    stream->first = 0;
    if (stream->count >= MOCK_OPERATIONS) return 2;
  }
  struct operation *added = &stream->queue[stream->first + stream->count++];
  *added = *operation;
  added->enqueued = mock.pacer ? clock_seconds() : 0;
  return 0;
}

static bool can_run(const struct stream *stream) {
  if (!stream->is_open || !stream->count) return false;
  const struct operation *next = &stream->queue[stream->first];
  return next->kind != OP_WAIT || next->event->done >= next->record;
}

/// When the next piece of a stream is done.
static double due(const struct stream *stream) {
  const struct operation *next = &stream->queue[stream->first];
  double begin = stream->free_at > next->enqueued ? stream->free_at : next->enqueued;
  return begin + next->seconds;
}

static void perform(const struct operation *op) {
  switch (op->kind) {
    case OP_UPLOAD: memcpy((void *)(uintptr_t)op->device, op->host, op->bytes); break;
    case OP_DOWNLOAD: memcpy(op->host, (void *)(uintptr_t)op->device, op->bytes); break;
    case OP_FILL:
      for (size_t i = 0; i < op->bytes / 4; i++)
        memcpy((char *)(uintptr_t)op->device + 4 * i, &op->value, 4);
      break;
    case OP_LAUNCH:
      if (mock.launcher &&
          mock.launcher(op->kernel, op->grid[0], op->grid[1], op->grid[2], op->block, op->shared,
                        op->arguments, mock_random()))
        mock.broken = 700;
      break;
    case OP_RECORD:
      op->event->done = op->record;
      op->event->time = mock.time;
      break;
    case OP_WAIT: break;
  }
}

/// Does the next piece of some stream that is done by now; false where there is none.
static bool step(void) {
  struct stream *ready[MOCK_STREAMS];
  int count = 0;
  double now = mock.pacer ? clock_seconds() : 0;
  for (int i = 0; i < MOCK_STREAMS; i++)
    if (can_run(&mock.streams[i]) && (!mock.pacer || due(&mock.streams[i]) <= now))
      ready[count++] = &mock.streams[i];
  if (!count || mock.hangs || mock.broken) return false;
  struct stream *stream = ready[mock_random() % (unsigned)count];
  const struct operation operation = stream->queue[stream->first];
  if (mock.pacer) mock.time = stream->free_at = due(stream);
  else mock.time += 1e-3;
  stream->first++;
  if (--stream->count == 0) stream->first = 0;
  perform(&operation);
  return true;
}

/// Does all pieces of a stream, as time passes.
static void finish(const struct stream *stream) {
  while (stream->count && !mock.broken && !mock.hangs)
    if (!step()) {
      if (!mock.pacer) return;
      usleep(50);
    }
}

int mocked_create_stream(driver_handle *handle, unsigned flags) {
  int code = mock_begin("cuStreamCreate");
  if (code) return code;
  for (int i = 0; i < MOCK_STREAMS; i++) {
    struct stream *stream = &mock.streams[i];
    if (stream->is_open) continue;
    free(stream->queue);
    *stream = (struct stream){.is_open = true,
                              .queue = calloc(MOCK_OPERATIONS, sizeof(struct operation))};
    *handle = stream;
    mock.handles++;
    return flags == 1 ? 0 : 1;
  }
  return 2;
}

int mocked_destroy_stream(driver_handle handle) {
  int code = mock_begin("cuStreamDestroy_v2");
  if (code) return code;
  struct stream *stream = stream_of(handle);
  if (!stream) return 400;
  finish(stream);
  stream->is_open = false;
  mock.handles--;
  return 0;
}

int mocked_query_stream(driver_handle handle) {
  int code = mock_begin("cuStreamQuery");
  if (code) return code;
  struct stream *stream = stream_of(handle);
  if (!stream) return 400;
  step();
  return mock.broken ? mock.broken : stream->count ? 600 : 0;
}

int mocked_synchronise(driver_handle handle) {
  int code = mock_begin("cuStreamSynchronize");
  if (code) return code;
  struct stream *stream = stream_of(handle);
  if (!stream) return 400;
  while (mock.hangs) pause();
  finish(stream);
  return mock.broken;
}

int mocked_create_event(driver_handle *handle, unsigned flags) {
  int code = mock_begin("cuEventCreate");
  if (code) return code;
  (void)flags;
  *handle = calloc(1, sizeof(struct event));
  mock.handles++;
  return 0;
}

int mocked_destroy_event(driver_handle handle) {
  int code = mock_begin("cuEventDestroy_v2");
  if (code) return code;
  free(handle);
  mock.handles--;
  return 0;
}

int mocked_record_event(driver_handle handle, driver_handle stream) {
  int code = mock_begin("cuEventRecord");
  if (code) return code;
  struct event *event = handle;
  event->recorded++;
  return mock_enqueue(stream, &(struct operation){
                                  .kind = OP_RECORD, .event = event, .record = event->recorded});
}

int mocked_wait_event(driver_handle stream, driver_handle handle, unsigned flags) {
  int code = mock_begin("cuStreamWaitEvent");
  if (code) return code;
  (void)flags;
  struct event *event = handle;
  return mock_enqueue(
      stream, &(struct operation){.kind = OP_WAIT, .event = event, .record = event->recorded});
}

int mocked_query_event(driver_handle handle) {
  int code = mock_begin("cuEventQuery");
  if (code) return code;
  const struct event *event = handle;
  // Some work goes on meanwhile.
  for (uint64_t steps = mock.pacer ? 1000 : mock_random() % 4; steps && step(); steps--) {}
  if (mock.broken) return mock.broken;
  return event->done >= event->recorded ? 0 : 600;
}

int mocked_event_milliseconds(float *milliseconds, driver_handle begin, driver_handle end) {
  int code = mock_begin("cuEventElapsedTime");
  if (code) return code;
  *milliseconds = (float)(1e3 * (((struct event *)end)->time - ((struct event *)begin)->time));
  return 0;
}
