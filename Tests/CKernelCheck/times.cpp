// How long kernels take at the shapes of ViT-S, S = 4 of one view of 518² and S = 14 of seventeen.
#include <algorithm>
#include <functional>

#include "memory.h"

namespace {

enum { DIM = 384, HEADS = 6, LAUNCHES = 20 };

double median_of(const check_card &card, const std::function<void()> &launch) {
  std::vector<double> times;
  launch();
  for (int i = 0; i < LAUNCHES; i++) {
    card.begin_time(card.context);
    launch();
    times.push_back(card.end_time(card.context));
  }
  std::sort(times.begin(), times.end());
  return times[LAUNCHES / 2];
}

void times(const check_card &card, const std::string &kind, unsigned views, unsigned tokens,
           check_line line, void *context) {
  const size_t rows = (size_t)views * tokens;
  numbers random(1);
  operand x(card, kind, rows, 3 * DIM, random, 1), w(card, kind, 4 * DIM, DIM, random, 0.06f);
  operand y(card, kind, rows, 4 * DIM);
  card_array<float> bias(card, normals(random, 4 * DIM, 1));
  card_array<uint32_t> flags(card, std::vector<uint32_t>(views));
  auto say = [&](const std::string &name, double milliseconds, double operations) {
    char text[160];
    snprintf(text, sizeof text, "%-24s %2u × %5u tokens  %8.3f ms  %6.1f TF/s", name.c_str(), views,
             tokens, milliseconds, operations / milliseconds * 1e-9);
    line(context, text, milliseconds > 0);
  };
  for (unsigned columns : {3 * DIM, 4 * DIM}) {
    product_arguments p = {};
    p.a = x.address(), p.w = w.address(), p.bias = bias.address, p.y = y.address();
    p.flags = flags.address, p.rows = (uint32_t)rows, p.columns = columns, p.depth = DIM;
    p.tokens = tokens;
    std::string name = (columns == 3 * DIM ? "product_bias_" : "product_gelu_") + kind;
    double time = median_of(card, [&] {
      card.launch(card.context, name.c_str(), blocks(columns, PRODUCT_COLUMNS),
                  blocks(rows, PRODUCT_ROWS), 1, &p);
    });
    say(name, time, 2.0 * (double)rows * columns * DIM);
  }
  attend_arguments p = {};
  p.qkv = x.address(), p.y = y.address(), p.flags = flags.address, p.tokens = tokens;
  p.heads = HEADS, p.scale = 1.4426950408889634f / 8;
  std::string name = "attend_" + kind;
  double time = median_of(card, [&] {
    card.launch(card.context, name.c_str(), blocks(tokens, ATTEND_QUERIES), HEADS, views, &p);
  });
  say(name, time, 4.0 * views * tokens * tokens * DIM);
}

}  // namespace

void check_times(const check_card *card, check_line line, void *context) {
  for (std::string kind : {"float16", "split16"}) {
    times(*card, kind, 1, 16130, line, context);
    times(*card, kind, 17, 1370, line, context);
  }
}
