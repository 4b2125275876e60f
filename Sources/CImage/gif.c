#include <gif_lib.h>
#include <stdlib.h>
#include <string.h>

#include "fault.h"

/// The state of one reading: giflib's structure, and the bytes that it reads.
typedef struct {
  const uint8_t *bytes;
  size_t count;
  size_t position;
  GifFileType *gif;
  cimage_fault *fault;
} session;

static int read_bytes(GifFileType *gif, GifByteType *into, int wanted) {
  session *from = gif->UserData;
  size_t left = from->count - from->position;
  size_t given = wanted < 0 ? 0 : (size_t)wanted < left ? (size_t)wanted : left;
  memcpy(into, from->bytes + from->position, given);
  from->position += given;
  return (int)given;
}

static cimage_code refuse_error(session *from, int error) {
  const char *text = GifErrorString(error);
  cimage_code code = error == D_GIF_ERR_NOT_ENOUGH_MEM ? CIMAGE_NO_MEMORY
      : from->position == from->count               ? CIMAGE_TRUNCATED
                                                    : CIMAGE_DAMAGED;
  return refuse(from->fault, code, "%s", text == NULL ? "giflib gives no reason" : text);
}

/// Skips extensions up to the next frame; notes whether it has a transparent colour.
static cimage_code find_frame(session *from, int *is_frame, int *has_transparency) {
  GifRecordType type;
  *is_frame = 0;
  for (;;) {
    if (DGifGetRecordType(from->gif, &type) == GIF_ERROR)
      return refuse_error(from, from->gif->Error);
    if (type == IMAGE_DESC_RECORD_TYPE) *is_frame = 1;
    if (type == IMAGE_DESC_RECORD_TYPE || type == TERMINATE_RECORD_TYPE) return CIMAGE_OK;
    int function = 0;
    GifByteType *block = NULL;
    int outcome = DGifGetExtension(from->gif, &function, &block);
    if (outcome == GIF_OK && function == GRAPHICS_EXT_FUNC_CODE && block != NULL && block[0] >= 4)
      *has_transparency = block[1] & 1;
    while (outcome == GIF_OK && block != NULL) outcome = DGifGetExtensionNext(from->gif, &block);
    if (outcome == GIF_ERROR) return refuse_error(from, from->gif->Error);
  }
}

static int is_grey(const ColorMapObject *map) {
  if (map == NULL) return 1;
  for (int index = 0; index < map->ColorCount; index++) {
    GifColorType colour = map->Colors[index];
    if (colour.Red != colour.Green || colour.Green != colour.Blue) return 0;
  }
  return 1;
}

static uint32_t longest(int canvas, int start, int frame) {
  return (uint32_t)(start + frame > canvas ? start + frame : canvas);
}

/// Reads up to the first frame's pixels.
///
/// Frames over the edge enlarge the canvas, as in browsers. A picture of grey palettes is grey.
static cimage_code read_header(session *from, cimage_header *header) {
  int error = 0;
  from->gif = DGifOpen(from, read_bytes, &error);
  if (from->gif == NULL) return refuse_error(from, error);
  int is_frame = 0, has_transparency = 0;
  cimage_code code = find_frame(from, &is_frame, &has_transparency);
  if (code != CIMAGE_OK) return code;
  if (!is_frame) return refuse(from->fault, CIMAGE_DAMAGED, "a file without a frame");
  if (DGifGetImageDesc(from->gif) == GIF_ERROR) return refuse_error(from, from->gif->Error);
  const GifFileType *gif = from->gif;
  int is_grey_picture = is_grey(gif->SColorMap) && is_grey(gif->Image.ColorMap);
  *header = (cimage_header){
      .width = longest(gif->SWidth, gif->Image.Left, gif->Image.Width),
      .height = longest(gif->SHeight, gif->Image.Top, gif->Image.Height),
      .channels = is_grey_picture ? 1 : 3,
      .bits = 8,
      .stored_bits = 8,
      .kind = is_grey_picture ? CIMAGE_GREY : CIMAGE_COLOUR,
      .notices = has_transparency ? CIMAGE_ALPHA : 0,
  };
  return CIMAGE_OK;
}

static void end(session *from) {
  int error = 0;
  if (from->gif != NULL) DGifCloseFile(from->gif, &error);
}

cimage_code cimage_gif_probe(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, cimage_header *header,
    cimage_fault *fault) {
  (void)limits;
  session from = {bytes, count, 0, NULL, fault};
  cimage_code code = read_header(&from, header);
  end(&from);
  return code;
}

/// Writes a colour; one that the map lacks is black.
static void put(
    uint8_t *pixel, const ColorMapObject *map, int index, const cimage_header *found) {
  GifColorType colour = {0, 0, 0};
  if (map != NULL && index < map->ColorCount) colour = map->Colors[index];
  pixel[0] = colour.Red;
  if (found->channels == 1) return;
  pixel[1] = colour.Green;
  pixel[2] = colour.Blue;
}

/// Fills the canvas that the first frame leaves free with the background's colour.
static void fill(session *from, const cimage_header *found, uint8_t *samples) {
  const GifImageDesc *frame = &from->gif->Image;
  if ((uint32_t)frame->Width == found->width && (uint32_t)frame->Height == found->height) return;
  size_t pixels = (size_t)found->width * found->height;
  for (size_t index = 0; index < pixels; index++)
    put(samples + index * found->channels, from->gif->SColorMap, from->gif->SBackGroundColor,
        found);
}

/// Decodes the rows of the first frame in the order of their passes. Source: GIF89a, appendix E.
static cimage_code read_rows(
    session *from, const cimage_header *found, uint8_t *samples, GifPixelType *row) {
  const GifImageDesc *frame = &from->gif->Image;
  const ColorMapObject *map = frame->ColorMap != NULL ? frame->ColorMap : from->gif->SColorMap;
  if (map == NULL) return refuse(from->fault, CIMAGE_UNSUPPORTED, "a frame without a palette");
  static const int starts[] = {0, 4, 2, 1}, steps[] = {8, 8, 4, 2};
  int passes = frame->Interlace ? 4 : 1;
  for (int pass = 0; pass < passes; pass++) {
    int step = frame->Interlace ? steps[pass] : 1;
    for (int y = frame->Interlace ? starts[pass] : 0; y < frame->Height; y += step) {
      if (DGifGetLine(from->gif, row, frame->Width) == GIF_ERROR)
        return refuse_error(from, from->gif->Error);
      size_t start = (size_t)(frame->Top + y) * found->width + (size_t)frame->Left;
      for (int x = 0; x < frame->Width; x++)
        put(samples + (start + (size_t)x) * found->channels, map, row[x], found);
    }
  }
  return CIMAGE_OK;
}

/// Notes what follows the first frame; its own pixels are whole by now.
static void look_ahead(session *from, cimage_header *found) {
  int is_frame = 0, has_transparency = 0;
  cimage_fault ignored = {{0}};
  cimage_fault *fault = from->fault;
  from->fault = &ignored;
  if (find_frame(from, &is_frame, &has_transparency) != CIMAGE_OK)
    found->notices |= CIMAGE_NO_END;
  else if (is_frame)
    found->notices |= CIMAGE_MORE_FRAMES;
  from->fault = fault;
}

static cimage_code decode(
    session *from, const cimage_limits *limits, const cimage_header *header, void *samples,
    size_t size, cimage_header *found) {
  cimage_code code = read_header(from, found);
  if (code == CIMAGE_OK) code = check_promise(found, header, limits, size, from->fault);
  if (code != CIMAGE_OK) return code;
  if (from->gif->Image.Width < 1 || from->gif->Image.Height < 1)
    return refuse(from->fault, CIMAGE_DAMAGED, "its first frame is empty");
  GifPixelType *row = malloc((size_t)from->gif->Image.Width);
  if (row == NULL) return refuse(from->fault, CIMAGE_NO_MEMORY, "no memory for a row");
  fill(from, found, samples);
  code = read_rows(from, found, samples, row);
  free(row);
  if (code == CIMAGE_OK) look_ahead(from, found);
  return code;
}

cimage_code cimage_gif_decode(
    const uint8_t *bytes, size_t count, const cimage_limits *limits, const cimage_header *header,
    void *samples, size_t size, cimage_header *found, cimage_fault *fault) {
  session from = {bytes, count, 0, NULL, fault};
  cimage_code code = decode(&from, limits, header, samples, size, found);
  end(&from);
  return code;
}
