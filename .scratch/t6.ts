const t0=performance.now();
import { transform } from "../pipelines/batch/transform.ts";
