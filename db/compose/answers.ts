// A health check that needs nothing in the image but Node: exit code 0 when the address answers at all.
const response = await fetch(process.argv[2]!, { signal: AbortSignal.timeout(2_500) });
process.exitCode = response.status < 500 ? 0 : 1;
