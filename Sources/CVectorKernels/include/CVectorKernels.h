#pragma once

#include "rows.h"
