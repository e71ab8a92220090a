-- Prints what a run came to as one line of JSON; latencies in milliseconds.
function done(summary, latency)
  local errors = summary.errors
  local line = '{"answers":%d,"seconds":%f,"refused":%d,"broken":%d,"p50":%f,"p99":%f,"max":%f}'
  io.write("\n" .. string.format(line, summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3) .. "\n")
end
