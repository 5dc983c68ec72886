/** The CPU and heap profilers of the JavaScript engine, with results in the form of Go's `profile` and `heap`. */
export { cpuProfile, takeCpuProfile } from './cpu-profile.js';
export { takeHeapDelta, takeHeapProfile } from './heap-profile.js';
export { HEAP_PERIOD, objectsOf, startHeapSampling, stopHeapSampling } from './heap-sampler.js';
export { ProfilerError } from './inspector.js';
