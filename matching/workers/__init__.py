"""Where the shards of a large piece of work are done: the adapters of ports.Mapper, and the setting that names one.

`choose.open_workers` takes nothing or "1" (in process), a number (that many processes) or tcp://host:port (Dask).
"""
