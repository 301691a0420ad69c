-- Ardour without a screen records a MIDI track named "rx" over JACK, in a session of its own in $RECORDING.
-- It says what it does by files there: "rolling" appears when it records; when "enough" appears it stops and saves.
local folder = os.getenv("RECORDING")

local function nap(milliseconds) ARDOUR.LuaAPI.usleep(milliseconds * 1000) end

local function wait_until(condition)
  for _ = 1, 1200 do
    if condition() then return end
    nap(100)
  end
  error("it did not happen in two minutes")
end

local function exists(name)
  local file = io.open(folder .. "/" .. name)
  if file then file:close() end
  return file ~= nil
end

AudioEngine:set_backend("JACK", "ardour", "")
Session = create_session(folder .. "/session", "session", 48000)
local midi = ARDOUR.ChanCount(ARDOUR.DataType("midi"), 1)
local tracks = Session:new_midi_track(
  midi, midi, true, ARDOUR.PluginInfo(), nil, nil, 1, "rx",
  ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, false, false)
local track
for route in tracks:iter() do track = route:to_track() end
track:rec_enable_control():set_value(1.0, PBD.GroupControlDisposition.NoGroup)

wait_until(function() return track:rec_enable_control():get_value() == 1.0 end)
Session:maybe_enable_record()
Session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
wait_until(function() return Session:actively_recording() end)
io.open(folder .. "/rolling", "w"):close()

wait_until(function() return exists("enough") end)
Session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
wait_until(function() return not Session:transport_rolling() and track:playlist():n_regions() > 0 end)
Session:save_state("")
close_session()
