"""Runs the article's program in PyTorch, and prints after its own lines what its steps took of the processors:

    torch_step.py REFERENCE.py bench ARGUMENTS…   {"processor_seconds_per_step_median"}

The program reads the clock before and after every step; here it reads the processors' time with it, all threads of the
process together, user and system. Like the program, it leaves out the first step.
"""
import json
import runpy
import statistics
import sys
import time

program, clock, readings = sys.argv[1], time.perf_counter, []


def perf_counter():
    # Whatever else reads the clock, in PyTorch say, is no step.
    if sys._getframe(1).f_code.co_filename == program:
        readings.append(time.process_time())
    return clock()


time.perf_counter = perf_counter
sys.argv = sys.argv[1:]
runpy.run_path(program, run_name='__main__')
steps = [after - before for before, after in zip(readings[::2], readings[1::2])]
print(json.dumps({'processor_seconds_per_step_median': statistics.median(steps[1:] or steps)}))
