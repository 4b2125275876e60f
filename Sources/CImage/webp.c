#include <string.h>

#include <webp/decode.h>
#include <webp/demux.h>

#include "fault.h"

static cimage_code refuse_status(VP8StatusCode status, cimage_fault *fault) {
  switch (status) {
    case VP8_STATUS_NOT_ENOUGH_DATA:
      return refuse(fault, CIMAGE_TRUNCATED, "the file ends before its last pixel");
    case VP8_STATUS_OUT_OF_MEMORY:
      return refuse(fault, CIMAGE_NO_MEMORY, "no memory for libwebp");
    case VP8_STATUS_UNSUPPORTED_FEATURE:
      return refuse(fault, CIMAGE_UNSUPPORTED, "a feature that libwebp lacks");
    default:
      return refuse(fault, CIMAGE_DAMAGED, "its bit stream is wrong");
  }
}

/// Reads the size of the canvas.
cimage_code cimage_webp_probe(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, cimage_header *header,
    cimage_fault *fault) {
  (void)limits;
  WebPBitstreamFeatures features;
  VP8StatusCode status = WebPGetFeatures(bytes, count, &features);
  if (status != VP8_STATUS_OK) return refuse_status(status, fault);
  *header = (cimage_header){
      .width = (uint32_t)features.width,
      .height = (uint32_t)features.height,
      .channels = 3,
      .bits = 8,
      .stored_bits = 8,
      .kind = CIMAGE_COLOUR,
      .notices = features.has_alpha ? CIMAGE_ALPHA : 0,
  };
  return CIMAGE_OK;
}

/// Decodes the first frame into its place on a black canvas.
static cimage_code decode_frame(
    const WebPIterator *frame, const cimage_header *found, uint8_t *samples, size_t size,
    cimage_fault *fault) {
  size_t row_size = (size_t)found->width * 3;
  if (frame->x_offset < 0 || frame->y_offset < 0 || frame->width <= 0 || frame->height <= 0
      || (uint64_t)frame->x_offset + (uint64_t)frame->width > found->width
      || (uint64_t)frame->y_offset + (uint64_t)frame->height > found->height)
    return refuse(fault, CIMAGE_DAMAGED, "its first frame lies outside its canvas");
  WebPDecoderConfig config;
  if (!WebPInitDecoderConfig(&config))
    return refuse(fault, CIMAGE_UNSUPPORTED, "another version of libwebp");
  VP8StatusCode status =
      WebPGetFeatures(frame->fragment.bytes, frame->fragment.size, &config.input);
  if (status != VP8_STATUS_OK) return refuse_status(status, fault);
  if (config.input.width != frame->width || config.input.height != frame->height)
    return refuse(fault, CIMAGE_DAMAGED, "its first frame is of two sizes");
  size_t start = (size_t)frame->y_offset * row_size + (size_t)frame->x_offset * 3;
  if ((size_t)frame->width * 3 < row_size || (uint32_t)frame->height < found->height)
    memset(samples, 0, size);
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = samples + start;
  config.output.u.RGBA.stride = (int)row_size;
  config.output.u.RGBA.size =
      ((size_t)frame->height - 1) * row_size + (size_t)frame->width * 3;
  status = WebPDecode(frame->fragment.bytes, frame->fragment.size, &config);
  WebPFreeDecBuffer(&config.output);
  return status == VP8_STATUS_OK ? CIMAGE_OK : refuse_status(status, fault);
}

cimage_code cimage_webp_decode(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_header *found, cimage_fault *fault) {
  cimage_code code = cimage_webp_probe(bytes, count, limits, found, fault);
  if (code == CIMAGE_OK) code = check_promise(found, header, limits, size, fault);
  if (code != CIMAGE_OK) return code;
  WebPData data = {bytes, count};
  WebPDemuxState state;
  // The whole file need not be sound: frames after the first are not read.
  WebPDemuxer *demuxer = WebPDemuxPartial(&data, &state);
  if (demuxer == NULL) return refuse(fault, CIMAGE_DAMAGED, "its chunks are wrong");
  WebPIterator frame;
  if (WebPDemuxGetFrame(demuxer, 1, &frame)) {
    if (frame.num_frames > 1) found->notices |= CIMAGE_MORE_FRAMES;
    code = frame.complete
        ? decode_frame(&frame, found, samples, size, fault)
        : refuse(fault, CIMAGE_TRUNCATED, "the file ends before its last pixel");
    WebPDemuxReleaseIterator(&frame);
  } else {
    code = state == WEBP_DEMUX_DONE
        ? refuse(fault, CIMAGE_DAMAGED, "a file without a frame")
        : refuse(fault, CIMAGE_TRUNCATED, "the file ends before its first frame");
  }
  WebPDemuxDelete(demuxer);
  return code;
}
