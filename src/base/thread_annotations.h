// Names for clang's thread-safety analysis (lint preset); nothing elsewhere.
#pragma once

#if defined(__clang__)
#define TIDEMILL_THREAD_ATTRIBUTE(x) __attribute__((x))
#else
#define TIDEMILL_THREAD_ATTRIBUTE(x)
#endif
#define CAPABILITY(x) TIDEMILL_THREAD_ATTRIBUTE(capability(x))
#define SCOPED_CAPABILITY TIDEMILL_THREAD_ATTRIBUTE(scoped_lockable)
#define GUARDED_BY(x) TIDEMILL_THREAD_ATTRIBUTE(guarded_by(x))
#define REQUIRES_LOCK(...) TIDEMILL_THREAD_ATTRIBUTE(requires_capability(__VA_ARGS__))
#define EXCLUDES_LOCK(...) TIDEMILL_THREAD_ATTRIBUTE(locks_excluded(__VA_ARGS__))
#define ACQUIRES_LOCK(...) TIDEMILL_THREAD_ATTRIBUTE(acquire_capability(__VA_ARGS__))
#define RELEASES_LOCK(...) TIDEMILL_THREAD_ATTRIBUTE(release_capability(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS TIDEMILL_THREAD_ATTRIBUTE(no_thread_safety_analysis)
