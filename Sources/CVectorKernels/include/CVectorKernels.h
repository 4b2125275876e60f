/// Loops over float32 matrices, compiled from one source for each kind of CPU.
///
/// To be read in this order: vec.h (a vector, and what is left of a row), words.h and numbers.h
/// (operands), tile.h (products, with a picture), layer.h, attention.h and attention_int8.h (what
/// is made of them), encoder.h (their table); rows.h and halves.h; classical.h, projections.h and
/// scores.h. Each set_….c compiles these for one kind of CPU, sets.c chooses.
#pragma once

#include "encoder_kernels.h"
#include "picture_kernels.h"
#include "row_kernels.h"
#include "score_kernels.h"
#include "trees.h"
