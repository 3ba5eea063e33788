// The makers of every command, for the table in commands.cc.
#pragma once

#include <memory>

#include "cli/command.h"

namespace tidemill::cli {

std::unique_ptr<Command> MakeWrite();
std::unique_ptr<Command> MakeQuery();
std::unique_ptr<Command> MakeCreateDatabase();
std::unique_ptr<Command> MakeCreateTable();
std::unique_ptr<Command> MakeCreateTrigger();
std::unique_ptr<Command> MakeEnableTrigger();
std::unique_ptr<Command> MakeDisableTrigger();
std::unique_ptr<Command> MakeDeleteTrigger();
std::unique_ptr<Command> MakeShowDatabases();
std::unique_ptr<Command> MakeShowSystem();
std::unique_ptr<Command> MakeShowSummary();

}  // namespace tidemill::cli
