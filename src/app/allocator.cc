// How the program takes memory: jemalloc, told once, at link time, how to behave.
//
// The write path fills large columns and lets go of them on another thread a little later. With the
// C library's allocator half of its CPU time was page faults (docs/performance.md): the memory went
// back to the system and came again, 4 KiB at a time. Belongs to the program alone: tests and
// sanitizers keep the allocator they come with.
extern "C" {

// thp, metadata_thp: ask for huge pages. oversize_threshold:0: large blocks are kept and reused
// like others. percpu_arena: as many arenas as cores, not four times that. background_thread and
// the decays: what nobody used for ten seconds goes back to the system, on an idle server too. The
// name is what jemalloc looks for (jemalloc(3), TUNING).
extern const char* const malloc_conf;
const char* const malloc_conf =
    "thp:always,metadata_thp:auto,oversize_threshold:0,percpu_arena:percpu,"
    "background_thread:true,dirty_decay_ms:10000,muzzy_decay_ms:0";

}  // extern "C"
