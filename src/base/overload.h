// Overload: lambdas for std::visit, so that the compiler lists what a new alternative must touch.
#pragma once

namespace tidemill {

template <typename... Fs>
struct Overload : Fs... {
  using Fs::operator()...;
};
template <typename... Fs>
Overload(Fs...) -> Overload<Fs...>;

}  // namespace tidemill
