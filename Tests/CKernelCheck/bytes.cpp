// Whether bytes depend on what else is computed.
#include "memory.h"

namespace {

enum { TOKENS = 140, VIEWS = 3 };

// A kernel's launch over views from one on, whose rows of blocks begin at `first`.
typedef void (*launch)(const check_card &card, const std::string &kind, operand &x, operand &w,
                       operand &y, card_array<uint32_t> &flags, unsigned view, unsigned views,
                       unsigned first, unsigned count);

void attend(const check_card &card, const std::string &kind, operand &x, operand &, operand &y,
            card_array<uint32_t> &flags, unsigned view, unsigned views, unsigned first,
            unsigned count) {
  attend_arguments p = {};
  p.qkv = x.address() + view * TOKENS * x.columns * x.parts * 2, p.y = y.address();
  p.flags = flags.address, p.tokens = TOKENS, p.heads = 2, p.first = first;
  p.scale = 1.4426950408889634f / 8;
  card.launch(card.context, ("attend_" + kind).c_str(), count, 2, views, &p);
}

void product(const check_card &card, const std::string &kind, operand &x, operand &w, operand &y,
             card_array<uint32_t> &flags, unsigned view, unsigned views, unsigned first,
             unsigned count) {
  static std::vector<float> zeros(128);
  card_array<float> bias(card, zeros);
  product_arguments p = {};
  p.a = x.address() + view * TOKENS * x.columns * x.parts * 2, p.w = w.address();
  p.bias = bias.address, p.y = y.address(), p.flags = flags.address;
  p.rows = views * TOKENS, p.columns = 128, p.depth = (uint32_t)x.columns, p.tokens = TOKENS;
  p.first = first;
  card.launch(card.context, ("product_gelu_" + kind).c_str(), 1,
              count ? count : blocks(p.rows, PRODUCT_ROWS), 1, &p);
  y.array.fetch();
}

// The bytes of the last view: among all, in cut launches, and alone.
bool are_equal(const check_card &card, const std::string &kind, launch launch, unsigned cuts,
               unsigned whole) {
  numbers random(1);
  operand x(card, kind, VIEWS * TOKENS, 384, random, 1), w(card, kind, 128, 384, random, 0.06f);
  card_array<uint32_t> flags(card, std::vector<uint32_t>(VIEWS));
  std::vector<uint16_t> found[3];
  for (int way = 0; way < 3; way++) {
    operand y(card, kind, VIEWS * TOKENS, 128);
    if (way == 1)
      for (unsigned first = 0; first < cuts; first++)
        launch(card, kind, x, w, y, flags, 0, VIEWS, first, 1);
    else if (way == 2) launch(card, kind, x, w, y, flags, VIEWS - 1, 1, 0, whole);
    else launch(card, kind, x, w, y, flags, 0, VIEWS, 0, whole);
    y.array.fetch();
    size_t size = TOKENS * 128 * y.parts;
    auto begin = y.array.values.begin() + (long)(way == 2 ? 0 : (VIEWS - 1) * size);
    found[way].assign(begin, begin + (long)size);
  }
  return found[0] == found[1] && found[0] == found[2] && number_of(found[0][0]) == number_of(found[0][0]);
}

}  // namespace

int check_bytes(const check_card *card, check_line line, void *context) {
  int differences = 0;
  for (std::string kind : {"float16", "split16"}) {
    bool is_same = are_equal(*card, kind, attend, blocks(TOKENS, ATTEND_QUERIES),
                             blocks(TOKENS, ATTEND_QUERIES));
    line(context, ("attend_" + kind + ": alone, among others, cut").c_str(), is_same);
    differences += !is_same;
    is_same = are_equal(*card, kind, product, blocks(VIEWS * TOKENS, PRODUCT_ROWS), 0);
    line(context, ("product_gelu_" + kind + ": alone, among others, cut").c_str(), is_same);
    differences += !is_same;
  }
  return differences;
}
