// Does not use the library at all. Arguments: the status to end with.
process.exitCode = Number(process.argv[2] ?? 0);
