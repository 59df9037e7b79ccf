/** Preloaded into a server: its clock of the day is an hour behind as long as DATA_DIR has a file `clock-back`. */
import { existsSync } from "node:fs";

const HOUR = 3_600_000;
const real = Date.now;
const mark = `${Deno.env.get("DATA_DIR")}/clock-back`;

Date.now = () => real() - (existsSync(mark) ? HOUR : 0);
