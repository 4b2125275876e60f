#pragma once

#include "state.h"

int mock_enqueue(driver_handle stream, const struct operation *operation);
