// The rows of a data-write call as bytes: columns as they are in columnar::RowBlock, with names.
//
// The worker's extension turns them into row dicts. Layout: docs/formats/worker_protocol.md.
#pragma once

#include "engine/ports.h"
#include "plugin_host/payload.h"

namespace tidemill::plugin_host {

void EncodeTables(const engine::WriteCall& call, PayloadWriter& out);

}  // namespace tidemill::plugin_host
