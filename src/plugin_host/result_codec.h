// The rows of a query as bytes, for the plugin that asked. Layout: docs/formats/worker_protocol.md.
#pragma once

#include "engine/ports.h"
#include "plugin_host/payload.h"

namespace tidemill::plugin_host {

void EncodeResult(const engine::QueryRows& rows, PayloadWriter& out);

}  // namespace tidemill::plugin_host
