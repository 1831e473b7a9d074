-- Sends one prepared body and counts answers that are not the expected one.
-- After -- come the file of the body and the file of the expected answer.

local threads = {}
local expected

failures = 0

local function read(name)
    local file = assert(io.open(name, "rb"))
    local text = file:read("*a")
    file:close()
    return text
end

function setup(thread)
    table.insert(threads, thread)
end

function init(args)
    wrk.method = "POST"
    wrk.body = read(args[1])
    expected = read(args[2])
end

function response(status, headers, body)
    if status ~= 200 or body ~= expected then
        failures = failures + 1
    end
end

function done(summary, latency, requests)
    local failed = summary.errors.connect + summary.errors.read
        + summary.errors.write + summary.errors.timeout
    for _, thread in ipairs(threads) do
        failed = failed + thread:get("failures")
    end
    io.write(string.format(
        '\n{"answers": %d, "failures": %d, "seconds": %f, "p50": %f, "p99": %f}\n',
        summary.requests, failed, summary.duration / 1e6,
        latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
