def process_something_else(influxdb3_local):
    pass
