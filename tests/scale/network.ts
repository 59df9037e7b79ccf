import { missingProgram } from "../testing/test_where.ts";

/** Linux takes no longer names of interfaces. */
const LONGEST_NAME = 15;

/** A link of a node: to clients, or to the database. */
export type Side = "front" | "back";

const SUBNETS: Readonly<Record<Side, number>> = { front: 0, back: 1 };

/** A machine of the network: a namespace with an address on each side. */
export interface NetworkNode {
  /** Of its namespace: what runs within is started by `ip netns exec`. */
  readonly namespace: string;
  readonly addresses: Readonly<Record<Side, string>>;
}

/**
 * Machines that are network namespaces, each with a link to its clients and one to the database, so that either can be cut.
 * This process has an address on both sides. Linux, and root.
 */
export class Network implements AsyncDisposable {
  readonly #prefix: string;
  readonly #subnet: number;
  readonly #nodes: NetworkNode[] = [];

  private constructor(prefix: string, subnet: number) {
    this.#prefix = prefix;
    this.#subnet = subnet;
  }

  static async open(): Promise<Network> {
    const [letter, subnet] = crypto.getRandomValues(new Uint8Array(2));
    const network = new Network(`gc${letter!.toString(16)}`, subnet!);
    try {
      for (const side of ["front", "back"] as const) {
        const bridge = network.#bridge(side);
        await ip("link", "add", bridge, "type", "bridge");
        await ip("address", "add", `${network.#address(side, 1)}/24`, "dev", bridge);
        await ip("link", "set", bridge, "up");
      }
      return network;
    } catch (error) {
      await network[Symbol.asyncDispose]();
      throw error;
    }
  }

  async add(name: string): Promise<NetworkNode> {
    const host = this.#nodes.length + 2;
    const namespace = `${this.#prefix}-${name}`;
    await ip("netns", "add", namespace);
    const addresses = { front: this.#address("front", host), back: this.#address("back", host) };
    const node = { namespace, addresses };
    this.#nodes.push(node);
    await ip("-n", namespace, "link", "set", "lo", "up");
    for (const side of ["front", "back"] as const) {
      const outside = this.#link(node, side);
      await ip("link", "add", outside, "type", "veth", "peer", "name", side, "netns", namespace);
      await ip("link", "set", outside, "master", this.#bridge(side));
      await ip("link", "set", outside, "up");
      await ip("-n", namespace, "address", "add", `${addresses[side]}/24`, "dev", side);
      await ip("-n", namespace, "link", "set", side, "up");
    }
    return node;
  }

  /** Nothing passes the node's link on a side any more; nobody is told. */
  async cut(node: NetworkNode, side: Side): Promise<void> {
    await ip("link", "set", this.#link(node, side), "nomaster");
  }

  async mend(node: NetworkNode, side: Side): Promise<void> {
    await ip("link", "set", this.#link(node, side), "master", this.#bridge(side));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { namespace } of this.#nodes) await ip("netns", "delete", namespace).catch(() => {});
    for (const side of ["front", "back"] as const) await ip("link", "delete", this.#bridge(side)).catch(() => {});
  }

  #bridge(side: Side): string {
    return `${this.#prefix}-${side}`;
  }

  /** The end of a node's link that is outside its namespace. */
  #link({ addresses }: NetworkNode, side: Side): string {
    return `${this.#prefix}-${side}${addresses[side].split(".").at(-1)}`.slice(0, LONGEST_NAME);
  }

  #address(side: Side, host: number): string {
    return `10.${200 + SUBNETS[side]}.${this.#subnet}.${host}`;
  }
}

async function ip(...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command("ip", { args, stdout: "null", stderr: "piped" }).output();
  if (!success) throw new Error(`ip ${args.join(" ")}: ${new TextDecoder().decode(stderr).trim()}`);
}

/** Why no network can be made here, for the name of a skipped test; null when one can. */
export const NO_NETWORK = await missingProgram("ip") ?? await Network.open().then(
  async (network) => {
    await network[Symbol.asyncDispose]();
    return null;
  },
  () => "only root may make network namespaces, and not everywhere",
);
