-- A long mix of requests: of 100, 90 score a lead, 5 score 100, 3 append a new activity, 2 make or change a lead.
--   wrk … -s soak.lua URL -- SINGLE_BODIES BATCH_BODIES KEY PAUSE_MS SEED
-- Each connection pauses before each request, which sets the load.

local singles, batches, headers, pause, seed, count = {}, {}, nil, 0, "", 0

local function lines(path)
  local found = {}
  for line in io.lines(path) do
    found[#found + 1] = line
  end
  return found
end

function init(args)
  singles, batches = lines(args[1]), lines(args[2])
  headers = { ["Content-Type"] = "application/json", ["X-API-Key"] = args[3] }
  pause, seed = tonumber(args[4]), args[5]
end

function delay()
  return pause
end

function request()
  count = count + 1
  local turn, lead = count % 100, count % 200
  if turn < 2 then
    local body = string.format('{"id":"soak-%d","attributes":{"visits":%d}}', lead, count)
    return wrk.format("POST", "/api/v1/leads", headers, body)
  elseif turn < 5 then
    local body = string.format(
      '{"activities":[{"id":"%s-%d","kind":"email_open","at":"2026-11-20T10:00:00Z"}]}', seed, count)
    return wrk.format("POST", "/api/v1/leads/soak-" .. lead .. "/activities", headers, body)
  elseif turn < 10 then
    return wrk.format("POST", "/api/v1/score/batch", headers, batches[count % #batches + 1])
  end
  return wrk.format("POST", "/api/v1/score", headers, singles[count % #singles + 1])
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "summary.lua")
