-- Posts the bodies of a file in turn, a line each, and writes what came of it as a line of JSON.
--   wrk … -s load.lua URL -- BODIES KEY

local requests, next_request = {}, 1

function init(args)
  local headers = { ["Content-Type"] = "application/json", ["X-API-Key"] = args[2] }
  for body in io.lines(args[1]) do
    requests[#requests + 1] = wrk.format("POST", nil, headers, body)
  end
end

function request()
  local now = requests[next_request]
  next_request = next_request % #requests + 1
  return now
end

dofile(debug.getinfo(1, "S").source:match("^@(.*/)") .. "summary.lua")
