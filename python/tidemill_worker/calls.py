"""Which plugin function a call is for, and with what arguments: always by position."""

import datetime

from . import _native, answer, protocol, rows


def _write_arguments(call):
    return (_native.decode_tables(call.payload, call.offset, rows.row_type),)


def _schedule_arguments(call):
    seconds, nanoseconds = divmod(call.i64(), 1_000_000_000)
    time = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    # Without a zone, as plugins expect; the process lives in UTC.
    return (time.replace(tzinfo=None, microsecond=nanoseconds // 1000),)


def _request_arguments(call):
    for _ in ("method", "path", "client"):
        call.text()
    query = dict(call.pairs())
    headers = dict(call.pairs())
    return query, headers, bytes(call.blob())


def _no_answer(_):
    return None


class CallKind:
    """One kind of call: the function, how it is defined, its arguments, what its value means."""

    def __init__(self, function, signature, arguments, answer_of):
        self.function = function
        self.signature = signature
        self.arguments = arguments  # reader of the call -> tuple of what stands before args
        self.answer_of = answer_of  # what the function returned -> (status, headers, body) or None


KINDS = {
    protocol.CALL_WRITE: CallKind(
        "process_writes",
        "process_writes(influxdb3_local, table_batches, args=None)",
        _write_arguments,
        _no_answer,
    ),
    protocol.CALL_SCHEDULE: CallKind(
        "process_scheduled_call",
        "process_scheduled_call(influxdb3_local, call_time, args=None)",
        _schedule_arguments,
        _no_answer,
    ),
    protocol.CALL_REQUEST: CallKind(
        "process_request",
        "process_request(influxdb3_local, query_parameters, request_headers, request_body, args=None)",
        _request_arguments,
        answer.from_return_value,
    ),
}
