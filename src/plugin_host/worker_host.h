// Runs plugins in worker processes: the real engine::PluginHost.
//
// One process per trigger, started at its first run, kept for life: plugins keep live objects in
// their cache. A crash, an endless loop or a memory hog ends that process alone and is an outcome
// like any other. The story of a process is in trigger_slot.h; what a run may ask while it runs, in
// broker.h.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "base/clock.h"
#include "engine/ports.h"
#include "plugin_host/plugin_files.h"
#include "plugin_host/python_environment.h"
#include "plugin_host/trigger_slot.h"

namespace tidemill::plugin_host {

class WorkerHost final : public engine::PluginHost {
 public:
  struct Options {
    PythonEnvironment::Options python;
    SlotLimits limits;
    std::size_t starts_at_once_max = 0;  // 0: one per core
    std::size_t call_threads = 8;        // for what plugins ask of the server and what may block
  };
  WorkerHost(Clock& clock, Options options);
  ~WorkerHost() override;

  std::string Unavailable() const override;
  Task<engine::RunResult> Run(engine::RunRequest request, engine::RunServices& services) override;
  void Retire(TriggerId trigger) override;
  // Every run ends as `interrupted` (within the grace), every process is gone when this returns.
  void Stop() override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tidemill::plugin_host
