"""The process that runs plugins: one per trigger, started and watched by the server.

    __main__     starts the process
    worker       the loop: frames in, runs out, cancelling
    protocol     bytes to messages and back (docs/formats/worker_protocol.md)
    calls        which function a call is for, with what arguments
    answer       what a request plugin returns, as an HTTP answer
    loader       plugin code from disk, anew when it changes
    local        influxdb3_local, the object plugins work with
    cache        influxdb3_local.cache
    line_builder LineBuilder
    rows         the dict that a row is
    _native      columns to rows, in C++ (native/)
"""
