#include <stdlib.h>
#include <string.h>

#include <openjpeg-2.5/openjpeg.h>

#include "fault.h"

/// The bytes that OpenJPEG reads.
typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t position;
} source;

/// Which samples become which of the result's.
typedef struct {
  uint64_t chosen;
  int is_ycc;
  const cimage_header *header;
  void *samples;
  cimage_fault *fault;
} task;

static OPJ_SIZE_T read_bytes(void *into, OPJ_SIZE_T wanted, void *state) {
  source *from = state;
  size_t left = from->count - from->position;
  if (left == 0) return (OPJ_SIZE_T)-1;
  size_t given = wanted < left ? wanted : left;
  memcpy(into, from->bytes + from->position, given);
  from->position += given;
  return given;
}

static OPJ_OFF_T skip_bytes(OPJ_OFF_T wanted, void *state) {
  source *from = state;
  if (wanted < 0) return -1;
  size_t left = from->count - from->position;
  size_t given = (uint64_t)wanted < left ? (size_t)wanted : left;
  from->position += given;
  return given == 0 && wanted > 0 ? -1 : (OPJ_OFF_T)given;
}

static OPJ_BOOL seek(OPJ_OFF_T position, void *state) {
  source *from = state;
  if (position < 0 || (uint64_t)position > from->count) return OPJ_FALSE;
  from->position = (size_t)position;
  return OPJ_TRUE;
}

static void note(const char *message, void *state) {
  refuse(state, CIMAGE_DAMAGED, "%.*s", (int)strcspn(message, "\n"), message);
}

static void ignore(const char *message, void *state) {
  (void)message;
  (void)state;
}

static opj_stream_t *open(source *from) {
  opj_stream_t *stream = opj_stream_default_create(OPJ_TRUE);
  if (stream == NULL) return NULL;
  opj_stream_set_user_data(stream, from, NULL);
  opj_stream_set_user_data_length(stream, from->count);
  opj_stream_set_read_function(stream, read_bytes);
  opj_stream_set_skip_function(stream, skip_bytes);
  opj_stream_set_seek_function(stream, seek);
  return stream;
}

/// The sample of a component, which may be stored for every second pixel only, at a pixel.
static inline int64_t sample(
    const opj_image_t *image, const opj_image_comp_t *component, uint32_t x, uint32_t y) {
  uint32_t column = (image->x0 + x) / component->dx - component->x0;
  uint32_t row = (image->y0 + y) / component->dy - component->y0;
  if (image->x0 + x < component->x0 * component->dx) column = 0;
  if (image->y0 + y < component->y0 * component->dy) row = 0;
  if (column >= component->w) column = component->w - 1;
  if (row >= component->h) row = component->h - 1;
  return component->data[(size_t)row * component->w + column];
}

/// Writes a sample in the type that the header promises.
///
/// Fewer than eight bits are widened to eight.
static inline void put(
    const cimage_header *header, void *samples, size_t index, int64_t value) {
  if (header->number == CIMAGE_UNSIGNED) {
    int64_t largest = ((int64_t)1 << header->stored_bits) - 1;
    value = value < 0 ? 0 : value > largest ? largest : value;
    if (header->bits == 8) value = (value * 255 + largest / 2) / largest;
  }
  switch (header->bits) {
    case 8:
      ((uint8_t *)samples)[index] = (uint8_t)value;
      break;
    case 16:
      ((uint16_t *)samples)[index] = (uint16_t)value;
      break;
    default:
      ((float *)samples)[index] = (float)value;
  }
}

static inline int64_t rounded(double value) {
  return (int64_t)(value < 0 ? value - 0.5 : value + 0.5);
}

/// Luminance and chrominance to red, green and blue. Source: JFIF 1.02, p. 3.
static void convert(int64_t *pixel, uint32_t bits) {
  double y = (double)pixel[0];
  double blue = (double)(pixel[1] - ((int64_t)1 << (bits - 1)));
  double red = (double)(pixel[2] - ((int64_t)1 << (bits - 1)));
  pixel[0] = rounded(y + 1.402 * red);
  pixel[1] = rounded(y - 0.344136 * blue - 0.714136 * red);
  pixel[2] = rounded(y + 1.772 * blue);
}

/// Whether a decoded component is what the header promises.
static int is_promised(const opj_image_comp_t *component, const cimage_header *header) {
  return component->data != NULL && component->w > 0 && component->h > 0 && component->dx > 0
      && component->dy > 0 && component->prec == header->stored_bits
      && (component->sgnd != 0) == (header->number == CIMAGE_SIGNED);
}

/// Writes the chosen components.
static cimage_code write_samples(const task *what, const opj_image_t *image) {
  const cimage_header *header = what->header;
  const opj_image_comp_t *components[64];
  uint32_t count = 0;
  for (uint32_t index = 0; index < image->numcomps && index < 64; index++)
    if (what->chosen >> index & 1) components[count++] = &image->comps[index];
  if (count != header->channels || (what->is_ycc && count != 3))
    return refuse(what->fault, CIMAGE_DAMAGED, "components are missing");
  for (uint32_t index = 0; index < count; index++)
    if (!is_promised(components[index], header))
      return refuse(what->fault, CIMAGE_DAMAGED, "component %u is another", index);
  size_t out = 0;
  int64_t pixel[64];
  for (uint32_t y = 0; y < header->height; y++)
    for (uint32_t x = 0; x < header->width; x++) {
      for (uint32_t index = 0; index < count; index++)
        pixel[index] = sample(image, components[index], x, y);
      if (what->is_ycc) convert(pixel, header->stored_bits);
      for (uint32_t index = 0; index < count; index++)
        put(header, what->samples, out++, pixel[index]);
    }
  return CIMAGE_OK;
}

/// Lets OpenJPEG decode the chosen components alone, where it can: not when others are mixed in.
///
/// They are then the image's only ones.
static void choose(opj_codec_t *codec, task *what, const opj_image_t *image) {
  uint32_t indices[64], count = 0;
  for (uint32_t index = 0; index < image->numcomps && index < 64; index++)
    if (what->chosen >> index & 1) indices[count++] = index;
  opj_codestream_info_v2_t *info = opj_get_cstr_info(codec);
  int is_mixed = info == NULL || info->m_default_tile_info.mct != 0;
  if (info != NULL) opj_destroy_cstr_info(&info);
  if (!is_mixed && count > 0 && count < image->numcomps && what->header->kind == CIMAGE_CHANNELS
      && opj_set_decoded_components(codec, count, indices, OPJ_FALSE))
    what->chosen = ~(uint64_t)0 >> (64 - count);
}

static cimage_code decode(
    task *what, source *from, opj_codec_t *codec, opj_stream_t *stream,
    opj_image_t **image) {
  opj_dparameters_t parameters;
  opj_set_default_decoder_parameters(&parameters);
  opj_set_error_handler(codec, note, what->fault);
  opj_set_warning_handler(codec, ignore, NULL);
  opj_set_info_handler(codec, ignore, NULL);
  cimage_code failure = CIMAGE_DAMAGED;
  if (!opj_setup_decoder(codec, &parameters) || !opj_read_header(stream, codec, image))
    return refuse(what->fault, failure, "its header cannot be read");
  const cimage_header *header = what->header;
  if ((*image)->x1 - (*image)->x0 != header->width || (*image)->y1 - (*image)->y0 != header->height)
    return refuse(what->fault, failure, "the header is not the one that was probed");
  choose(codec, what, *image);
  if (!opj_decode(codec, stream, *image) || !opj_end_decompress(codec, stream)) {
    if (from->position == from->count) failure = CIMAGE_TRUNCATED;
    return refuse(what->fault, failure, "its code stream cannot be decoded");
  }
  return write_samples(what, *image);
}

cimage_code cimage_jpeg2000_decode(
    const uint8_t *bytes, size_t count, uint64_t chosen, int is_ycc, const cimage_limits *limits,
    const cimage_header *header, void *samples, size_t size, cimage_header *found,
    cimage_fault *fault) {
  *found = *header;
  cimage_code code = check_promise(found, header, limits, size, fault);
  if (code != CIMAGE_OK) return code;
  task what = {chosen, is_ycc, header, samples, fault};
  source from = {bytes, count, 0};
  opj_codec_t *codec =
      opj_create_decompress(count > 0 && bytes[0] == 0xFF ? OPJ_CODEC_J2K : OPJ_CODEC_JP2);
  opj_stream_t *stream = open(&from);
  opj_image_t *image = NULL;
  code = codec == NULL || stream == NULL
      ? refuse(fault, CIMAGE_NO_MEMORY, "no memory for OpenJPEG")
      : decode(&what, &from, codec, stream, &image);
  opj_image_destroy(image);
  if (stream != NULL) opj_stream_destroy(stream);
  if (codec != NULL) opj_destroy_codec(codec);
  return code;
}
