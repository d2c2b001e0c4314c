-- For wrk: each thread asks one of TARGETS ("address:port ..."), in turn, and the end is one line of JSON.
local targets = {}
for address, port in os.getenv("TARGETS"):gmatch("(%S+):(%d+)") do
  table.insert(targets, wrk.lookup(address, port)[1])
end
local threads = 0

function setup(thread)
  thread.addr = targets[threads % #targets + 1]
  threads = threads + 1
end

function done(summary, latency)
  local e = summary.errors
  print(string.format(
    '{"requests":%d,"durationUs":%d,"errors":%d,"p50Us":%d,"p90Us":%d,"p99Us":%d,"maxUs":%d}',
    summary.requests, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
    latency:percentile(50), latency:percentile(90), latency:percentile(99), latency.max
  ))
end
