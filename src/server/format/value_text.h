// One value of a result as text: the rendering that all formats share (server.md 1.6).
#pragma once

#include <cstddef>
#include <string>

#include "columnar/value_batch.h"

namespace tidemill::server {

// Shortest text that reads back as the same number, always with a point or an exponent: "99.0",
// "1e+20".
void AppendFloat(double value, std::string& out);

// As csv and pretty show it: strings bare, structs "{value: 1.0, time: …}", NULL as nothing.
void AppendValueText(const columnar::ValueVector& vector, std::size_t row, std::string& out);
// As JSON: strings quoted, NaN and infinities null, structs and lists nested.
void AppendValueJson(const columnar::ValueVector& vector, std::size_t row, std::string& out);

}  // namespace tidemill::server
