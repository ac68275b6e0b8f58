// Profiles the program that follows on the command line with V8's own profiler, and writes a pprof when it ends:
//   node --require ./profile.cjs PROGRAM …      (PPROF_OUTPUT names the file)
'use strict';
const { writeFileSync } = require('node:fs');

// Before the profiler is loaded: it stops itself when the process ends, and the first to ask has the profile.
process.on('exit', () => {
  const { time, encodeSync } = require('@datadog/pprof');
  if (time.isStarted()) writeFileSync(process.env.PPROF_OUTPUT, encodeSync(time.stop()));
});
const { time } = require('@datadog/pprof');
time.start({ durationMillis: 60_000, intervalMicros: 1_000, withContexts: false });
