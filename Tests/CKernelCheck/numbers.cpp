// Kernels against float64.
#include <cmath>
#include <functional>

#include "memory.h"

namespace {

const char *const kinds[] = {"float16", "split16"};

// A table's lines, and how many were wrong.
struct table {
  check_line line;
  void *context;
  int failures = 0;

  void row(const std::string &kernel, size_t size, const difference &difference, double bound) {
    char text[160];
    double error = difference.relative();
    bool is_right = error <= bound;
    snprintf(text, sizeof text, "%-24s %6zu  %.2e of at most %.0e", kernel.c_str(), size, error,
             bound);
    line(context, text, is_right);
    failures += !is_right;
  }
};

double bound_of(const std::string &kind) { return kind == "float16" ? 4e-4 : 2e-6; }

// Some rows of many: the first, the last and what lies between at equal steps.
std::vector<size_t> some_of(size_t count, size_t most) {
  std::vector<size_t> rows;
  for (size_t i = 0; i < std::min(count, most); i++)
    rows.push_back(count <= most ? i : i * (count - 1) / (most - 1));
  return rows;
}

void product(const check_card &card, table &table, const std::string &kind, const std::string &end,
             size_t rows, size_t columns, size_t depth) {
  numbers random((unsigned)rows);
  operand a(card, kind, rows, depth, random, 1), w(card, kind, columns, depth, random, 0.06f);
  operand y(card, kind, rows, columns);
  card_array<float> bias(card, normals(random, columns, 1));
  card_array<uint32_t> flags(card, std::vector<uint32_t>(1));
  product_arguments p = {};
  p.a = a.address(), p.w = w.address(), p.bias = bias.address, p.y = y.address();
  p.flags = flags.address, p.rows = (uint32_t)rows, p.columns = (uint32_t)columns;
  p.depth = (uint32_t)depth, p.tokens = (uint32_t)rows;
  std::string name = "product_" + end + "_" + kind;
  card.launch(card.context, name.c_str(), blocks(columns, PRODUCT_COLUMNS),
              blocks(rows, PRODUCT_ROWS), 1, &p);
  y.array.fetch();
  difference difference;
  for (size_t row : some_of(rows, 64))
    for (size_t column = 0; column < columns; column++) {
      double sum = bias.values[column];
      for (size_t k = 0; k < depth; k++) sum += a.at(row, k) * w.at(column, k);
      if (end == "gelu") sum *= 0.5 * (1 + std::erf(sum / std::sqrt(2.0)));
      difference.add(y.at(row, column), sum);
    }
  table.row(name, rows, difference, bound_of(kind));
}

void attend(const check_card &card, table &table, const std::string &kind, size_t tokens) {
  const size_t heads = 2, dim = heads * HEAD_DIM;
  numbers random((unsigned)tokens);
  operand qkv(card, kind, tokens, 3 * dim, random, 1.5f), y(card, kind, tokens, dim);
  card_array<uint32_t> flags(card, std::vector<uint32_t>(1));
  attend_arguments p = {};
  p.qkv = qkv.address(), p.y = y.address(), p.flags = flags.address;
  p.tokens = (uint32_t)tokens, p.heads = (uint32_t)heads, p.scale = 1.4426950408889634f / 8;
  std::string name = "attend_" + kind;
  card.launch(card.context, name.c_str(), blocks(tokens, ATTEND_QUERIES), heads, 1, &p);
  y.array.fetch();
  difference difference;
  for (size_t row : some_of(tokens, 24))
    for (size_t start = 0; start < dim; start += HEAD_DIM) {
      std::vector<double> powers(tokens);
      double top = -1e300, total = 0;
      for (size_t key = 0; key < tokens; key++) {
        for (size_t d = start; d < start + HEAD_DIM; d++)
          powers[key] += qkv.at(row, d) * qkv.at(key, dim + d) / 8;
        top = std::max(top, powers[key]);
      }
      for (double &power : powers) total += power = std::exp(power - top);
      for (size_t d = start; d < start + HEAD_DIM; d++) {
        double sum = 0;
        for (size_t key = 0; key < tokens; key++) sum += powers[key] * qkv.at(key, 2 * dim + d);
        difference.add(y.at(row, d), sum / total);
      }
    }
  table.row(name, tokens, difference, bound_of(kind));
}

void norm(const check_card &card, table &table, const std::string &kind, size_t rows,
          size_t columns) {
  numbers random((unsigned)rows);
  card_array<float> x(card, normals(random, rows * columns, 3));
  card_array<float> weight(card, normals(random, columns, 1)), bias(card, normals(random, columns, 1));
  operand y(card, kind, rows, columns);
  card_array<uint32_t> flags(card, std::vector<uint32_t>(1));
  norm_arguments p = {};
  p.x = x.address, p.weight = weight.address, p.bias = bias.address, p.y = y.address();
  p.flags = flags.address, p.rows = p.tokens = (uint32_t)rows, p.columns = (uint32_t)columns;
  p.epsilon = 1e-6f;
  std::string name = "norm_" + kind;
  card.launch(card.context, name.c_str(), blocks(rows, NORM_ROWS), 1, 1, &p);
  y.array.fetch();
  difference difference;
  for (size_t row : some_of(rows, 64)) {
    const float *values = x.values.data() + row * columns;
    double mean = 0, variance = 0;
    for (size_t n = 0; n < columns; n++) mean += values[n] / (double)columns;
    for (size_t n = 0; n < columns; n++)
      variance += (values[n] - mean) * (values[n] - mean) / (double)columns;
    for (size_t n = 0; n < columns; n++)
      difference.add(y.at(row, n), (values[n] - mean) / std::sqrt(variance + 1e-6) *
                                           weight.values[n] + bias.values[n]);
  }
  table.row(name, rows, difference, bound_of(kind));
}

// The softmax of the class token's scores, of one head.
void class_token(const check_card &card, table &table, const std::string &kind, size_t tokens) {
  numbers random((unsigned)tokens);
  operand qkv(card, kind, tokens, 3 * HEAD_DIM, random, 1.5f);
  operand attended(card, kind, tokens, HEAD_DIM, random, 1);
  card_array<float> scores(card, tokens), result(card, (tokens - 1) * 5);
  class_scores_arguments p = {};
  p.qkv = qkv.address(), p.attended = attended.address(), p.scores = scores.address;
  p.result = result.address, p.tokens = (uint32_t)tokens, p.prefix = p.heads = 1;
  p.scale = 1.4426950408889634f / 8;
  std::string name = "class_scores_" + kind;
  card.launch(card.context, name.c_str(), blocks(tokens, CLASS_TOKENS), 1, 1, &p);
  class_softmax_arguments q = {};
  q.scores = scores.address, q.result = result.address, q.tokens = (uint32_t)tokens;
  q.prefix = q.heads = 1;
  card.launch(card.context, "class_softmax", 1, 1, 1, &q);
  result.fetch();
  std::vector<double> powers(tokens);
  double total = 0;
  for (size_t key = 0; key < tokens; key++) {
    for (size_t d = 0; d < HEAD_DIM; d++)
      powers[key] += qkv.at(0, d) * qkv.at(key, HEAD_DIM + d) / 8;
    total += powers[key] = std::exp(powers[key]);
  }
  difference difference;
  for (size_t key = 1; key < tokens; key++) {
    double exact[5] = {powers[key] / total};
    for (size_t d = 0; d < HEAD_DIM; d++) {
      exact[1] += attended.at(0, d) * qkv.at(key, 2 * HEAD_DIM + d);
      for (size_t part = 0; part < 3; part++) exact[2 + part] += qkv.at(key, part * HEAD_DIM + d);
    }
    for (size_t i = 0; i < 5; i++) difference.add(result.values[(key - 1) * 5 + i], exact[i]);
  }
  table.row(name, tokens, difference, 2e-6);
}

}  // namespace

int check_numbers(const check_card *card, unsigned most_tokens, check_line line, void *context) {
  table table = {line, context};
  for (std::string kind : kinds)
    for (size_t tokens : {1, 63, 64, 65, 330, 1370, 5329, 16130}) {
      if (tokens > most_tokens) break;
      product(*card, table, kind, "bias", tokens, 136, 200);
      product(*card, table, kind, "gelu", tokens, 384, 64);
      attend(*card, table, kind, tokens);
      norm(*card, table, kind, tokens, 384);
      if (tokens > 1) class_token(*card, table, kind, tokens);
    }
  return table.failures;
}
