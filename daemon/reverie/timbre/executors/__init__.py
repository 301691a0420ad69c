"""Who renders the batches of a bank: this process, or a Dask cluster."""
