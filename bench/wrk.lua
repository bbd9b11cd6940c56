-- What wrk sends where it isn't plain `GET`, and what it says in the end, as one line of JSON.
--
--     wrk … URL -- METHOD [BODY]        the same each time
--     wrk … URL/ -- PATCH               another title for one of 2,048 tasks, in turn

local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init(args)
  wrk.method = args[1]
  wrk.body = args[2]
  if wrk.method == "PATCH" then
    local path = wrk.path
    -- Other titles than those of the run before. Lua counts in doubles: beyond 2^53 one more is the same number.
    local count = os.time() % 100000000 * 10000000 + number * 5000000
    local task = number * 1024
    request = function()
      count, task = count + 1, (task + 1) % 2048
      return wrk.format(nil, path .. string.format("018c0000-0000-7000-8000-%012x", task), nil, string.format('{"title":"Measured %.0f"}', count))
    end
  end
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"bytes":%d,"failures":{"connect":%d,"read":%d,"write":%d,"timeout":%d,"status":%d},"p50":%f,"p99":%f,"p999":%f}\n',
    summary.requests, summary.duration / 1e6, summary.bytes, errors.connect, errors.read, errors.write, errors.timeout, errors.status,
    latency:percentile(50) / 1000, latency:percentile(99) / 1000, latency:percentile(99.9) / 1000))
end
