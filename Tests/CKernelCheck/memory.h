// Arrays that a card has too, and operands of halves.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "check.h"
#include "kernels.h"

typedef std::mt19937 numbers;

inline float normal(numbers &random, float deviation) {
  return std::normal_distribution<float>(0, deviation)(random);
}

// An array on both sides. On the card its bits are all set until it is uploaded.
template <typename Value>
struct card_array {
  const check_card &card;
  std::vector<Value> values;
  uint64_t address;

  card_array(const check_card &card, size_t count) : card(card), values(count) {
    memset((void *)values.data(), 0xff, bytes());
    address = card.allocate(card.context, bytes() ? bytes() : 1);
    send();
  }
  card_array(const check_card &card, std::vector<Value> values)
      : card(card), values(std::move(values)) {
    address = card.allocate(card.context, bytes());
    send();
  }
  ~card_array() { card.release(card.context, address); }
  card_array(const card_array &) = delete;

  size_t bytes() const { return values.size() * sizeof(Value); }
  void send() { card.upload(card.context, address, values.data(), bytes()); }
  void fetch() { card.download(card.context, values.data(), address, bytes()); }
};

inline std::vector<float> normals(numbers &random, size_t count, float deviation) {
  std::vector<float> values(count);
  for (float &value : values) value = normal(random, deviation);
  return values;
}

inline uint16_t half_of(float x) {
  _Float16 half = (_Float16)x;
  uint16_t bits;
  memcpy(&bits, &half, sizeof bits);
  return bits;
}

inline double number_of(uint16_t bits) {
  _Float16 half;
  memcpy(&half, &bits, sizeof half);
  return (double)half;
}

// A matrix of halves, or of halves and their rests.
struct operand {
  size_t rows, columns, parts;
  card_array<uint16_t> array;

  operand(const check_card &card, const std::string &kind, size_t rows, size_t columns)
      : rows(rows), columns(columns), parts(kind == "split16" ? 2 : 1),
        array(card, rows * columns * parts) {}

  operand(const check_card &card, const std::string &kind, size_t rows, size_t columns,
          numbers &random, float deviation)
      : operand(card, kind, rows, columns) {
    for (size_t i = 0; i < rows * columns; i++) {
      float x = normal(random, deviation);
      size_t at = i / columns * columns * parts + i % columns;
      array.values[at] = half_of(x);
      if (parts == 2)
        array.values[at + columns] = half_of((x - (float)number_of(array.values[at])) * 2048);
    }
    array.send();
  }

  uint64_t address() const { return array.address; }
  double at(size_t row, size_t column) const {
    size_t place = row * columns * parts + column;
    double high = number_of(array.values[place]);
    return parts == 2 ? high + number_of(array.values[place + columns]) / 2048 : high;
  }
};

// The norm of differences as a part of the norm.
struct difference {
  double differences = 0, squares = 0;
  void add(double found, double exact) {
    differences += (found - exact) * (found - exact), squares += exact * exact;
  }
  // What is no number is not within.
  double relative() const { return squares > 0 ? __builtin_sqrt(differences / squares) : 1e30; }
};

inline unsigned blocks(size_t count, size_t size) { return (unsigned)((count + size - 1) / size); }
