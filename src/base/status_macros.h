// TRY returns an error upward; TRY_ASSIGN also binds the value. CO_… are the same in coroutines.
//
//   TRY(file.Sync());
//   TRY_ASSIGN(const auto spec, model::ParseTriggerSpec(text));
//   CO_TRY_ASSIGN(auto ticket, co_await wal.Append(record));
#pragma once

#include <utility>

#include "base/result.h"

#define TIDEMILL_CONCAT_INNER(a, b) a##b
#define TIDEMILL_CONCAT(a, b) TIDEMILL_CONCAT_INNER(a, b)

#define TIDEMILL_TRY(result, expr, keyword)                \
  if (auto&& result = (expr); !result.ok()) { /* NOLINT */ \
    keyword std::move(result).error();                     \
  }
#define TIDEMILL_TRY_ASSIGN(result, lhs, expr, keyword) \
  auto&& result = (expr);                               \
  if (!result.ok()) {                                   \
    keyword std::move(result).error();                  \
  }                                                     \
  lhs = std::move(result).value()

#define TRY(expr) TIDEMILL_TRY(TIDEMILL_CONCAT(try_, __LINE__), expr, return )
#define TRY_ASSIGN(lhs, expr) \
  TIDEMILL_TRY_ASSIGN(TIDEMILL_CONCAT(try_, __LINE__), lhs, expr, return )
#define CO_TRY(expr) TIDEMILL_TRY(TIDEMILL_CONCAT(try_, __LINE__), expr, co_return )
#define CO_TRY_ASSIGN(lhs, expr) \
  TIDEMILL_TRY_ASSIGN(TIDEMILL_CONCAT(try_, __LINE__), lhs, expr, co_return )
