"""The twins at run time: records, histories, transaction, journal and change feed."""
