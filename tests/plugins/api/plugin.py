"""Uses every member of influxdb3_local once, and writes down what came of it."""


def process_writes(influxdb3_local, table_batches, args=None):
    members = [name for name in dir(influxdb3_local) if not name.startswith("_")]
    nine = ["info", "warn", "error", "query", "write", "write_to_db", "write_sync", "write_sync_to_db", "cache"]
    line = LineBuilder("seen").bool_field("has_all_members", all(name in members for name in nine))
    line.string_field("args", repr(sorted((args or {}).items())))
    line.string_field("row", repr(table_batches[0]["rows"][0]))

    # The rows it was called for are there to be queried, and so is what write_sync wrote a moment ago.
    rows = influxdb3_local.query("SELECT host, v FROM cpu WHERE host = $host", {"host": "a"})
    line.string_field("queried", repr(rows))
    influxdb3_local.write_sync(LineBuilder("synced").int64_field("n", 1).time_ns(1), no_sync=True)
    line.int64_field("synced", influxdb3_local.query("SELECT count(*) AS n FROM synced")[0]["n"])
    influxdb3_local.write_sync_to_db("other", LineBuilder("synced").int64_field("n", 2).time_ns(1), False)
    line.int64_field("other", influxdb3_local.query("SELECT n FROM synced", database="other")[0]["n"])
    influxdb3_local.write_to_db("third", LineBuilder("queued").int64_field("n", 3).time_ns(1))

    try:
        influxdb3_local.query("SELECT * FROM nowhere")
    except QueryError as error:
        line.string_field("query_error", type(error).__name__)
    try:
        influxdb3_local.write_sync(LineBuilder("cpu").string_field("v", "text"), False)
    except Exception as error:
        line.string_field("write_error", str(error))

    class Live:
        pass

    influxdb3_local.cache.put("live", Live())
    live = influxdb3_local.cache.get("live")
    line.bool_field("cache_is_live", influxdb3_local.cache.get("live") is live)
    line.bool_field("deleted", influxdb3_local.cache.delete("live"))
    line.bool_field("deleted_again", influxdb3_local.cache.delete("live"))
    influxdb3_local.cache.put("shared", [1, 2], use_global=True)
    line.string_field("shared", repr(influxdb3_local.cache.get("shared", use_global=True)))

    influxdb3_local.info("one", 2, [3])
    influxdb3_local.warn("careful")
    influxdb3_local.error("bad")
    influxdb3_local.write(line.time_ns(7))
