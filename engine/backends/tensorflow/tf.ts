/**
 * The part of TensorFlow.js that the backend uses, as an interface. The packages are installed apart (see `runtime.ts`), so
 * their own types cannot be imported: importing a type would make them dependencies of everybody.
 *
 * @module
 */

export interface Tensor {
  readonly shape: readonly number[];
  data(): Promise<Float32Array>;
  dispose(): void;
}

type Named = Readonly<Record<string, Tensor>>;

/** Functions of `@tensorflow/tfjs-core` 4.22. Where an operation takes a tensor it also takes a number. */
export interface Tf {
  readonly version_core: string;
  tensor(values: Float32Array, shape: readonly number[], dtype?: "float32"): Tensor;
  scalar(value: number): Tensor;
  /** Disposes what was made inside, except what is returned or kept. */
  tidy<T extends Tensor | readonly Tensor[] | Named | void>(body: () => T): T;
  keep(x: Tensor): Tensor;
  dispose(tensors: readonly Tensor[]): void;
  memory(): { readonly numTensors: number; readonly numBytes: number };

  add(a: Tensor, b: Tensor | number): Tensor;
  sub(a: Tensor, b: Tensor | number): Tensor;
  mul(a: Tensor, b: Tensor | number): Tensor;
  div(a: Tensor, b: Tensor | number): Tensor;
  square(x: Tensor): Tensor;
  sqrt(x: Tensor): Tensor;
  abs(x: Tensor): Tensor;
  /** 1 where x > 0, else 0. */
  step(x: Tensor): Tensor;
  relu(x: Tensor): Tensor;
  softmax(x: Tensor): Tensor;
  /** Over all axes, or one of them. */
  sum(x: Tensor, axis?: number, keepDims?: boolean): Tensor;
  /** The first of the largest values along an axis: whole numbers. */
  argMax(x: Tensor, axis: number): Tensor;
  matMul(a: Tensor, b: Tensor, transposeA?: boolean, transposeB?: boolean): Tensor;
  reshape(x: Tensor, shape: readonly number[]): Tensor;
  transpose(x: Tensor, order: readonly number[]): Tensor;
  reverse(x: Tensor, axes: readonly number[]): Tensor;
  slice(x: Tensor, begin: readonly number[], size: readonly number[]): Tensor;
  stack(tensors: readonly Tensor[]): Tensor;
  concat(tensors: readonly Tensor[], axis: number): Tensor;
  /** With zeros: so many before and after, by axis. */
  pad(x: Tensor, paddings: readonly (readonly [number, number])[]): Tensor;
  maxPool(x: Tensor, side: number, stride: number, pad: "same"): Tensor;
  avgPool(x: Tensor, side: number, stride: number, pad: "same"): Tensor;
  readonly fused: {
    conv2d(options: {
      readonly x: Tensor;
      readonly filter: Tensor;
      readonly strides: number;
      readonly pad: "same";
      readonly bias?: Tensor;
      readonly activation?: "relu";
    }): Tensor;
  };
  readonly image: {
    resizeNearestNeighbor(x: Tensor, size: readonly [number, number]): Tensor;
  };

  engine(): { runKernel(name: string, inputs: Named, attributes: Record<string, unknown>): Tensor };
  env(): { set(flag: string, value: number | boolean): void };
  registerBackend(name: string, factory: () => KernelBackend): boolean;
  setBackend(name: string): Promise<boolean>;
  backend(): KernelBackend;
}

/** What computes the operations. */
export interface KernelBackend {
  readonly isUsingGpuDevice: boolean;
}
