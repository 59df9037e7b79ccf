/**
 * The operations that GraphiQL opens with. They run as they stand, one after the other.
 *
 * @module
 */

/** One tab of GraphiQL. */
export interface ExampleOperation {
  readonly query: string;
  readonly variables?: string;
}

const START = `# Repaint a built-in picture in the style of
# another. Run it (Ctrl-Enter), then run the
# next tab to follow it live.
mutation Start {
  startTransfer(
    input: {
      content: { sample: "CONTENT" }
      styles: [{ image: { sample: "STYLE" } }]
      preset: FAST
      keepFrames: true
    }
  ) {
    transfer {
      id
      status
      steps
      queuePosition
    }
  }
}
`;

const FOLLOW = `# Everything that happens to a transfer, as it
# happens: losses at every step, and the picture
# while it emerges. "newest" is the transfer that
# was started last; an id follows another.
subscription Follow($id: ID!) {
  transferProgress(id: $id) {
    sequence
    status
    step
    steps
    progress
    secondsPerStep
    etaSeconds
    skippedFrames
    losses {
      total
      content
      style
    }
    frame {
      url
      width
      height
    }
    error {
      code
      message
    }
  }
}
`;

const LIST = `# The newest transfers with their results. Hold
# the pointer over a url to see the picture.
query Transfers {
  transfers(first: 5) {
    totalCount
    edges {
      node {
        id
        status
        step
        steps
        createdAt
        content {
          url
        }
        frame {
          url
        }
        result {
          url
          width
          height
        }
        lossHistory(points: 5) {
          step
          total
        }
      }
    }
  }
}
`;

const ABOUT = `# What this server can do: its pictures, presets,
# engine and network.
query About {
  samples {
    name
    description
    image {
      url
      width
      height
    }
  }
  presets {
    name
    description
    options {
      width
      steps
      styleWeight
      styleLayers {
        layer
      }
      optimizer {
        kind
        learningRate
      }
    }
  }
  engine {
    backend
    device
    precision
    version
  }
  weights {
    name
    origin
    note
    layers {
      name
      weightShape
      biasShape
    }
  }
}
`;

const ESTIMATE = `# What a transfer would cost, before it is started.
query Estimate {
  estimate(
    input: {
      content: { sample: "CONTENT" }
      styles: [{ image: { sample: "STYLE" } }]
      preset: QUALITY
      size: 768
    }
  ) {
    steps
    seconds
    memoryBytes
    fits
    scales {
      size
      steps
      seconds
      flopsPerStep
    }
  }
}
`;

const CONTENT_SAMPLE = "city-at-night";
const STYLE_SAMPLE = "starry-swirls";

/**
 * The example operations.
 *
 * @param samples Names of the samples that are there, at least one.
 */
export function exampleOperations(samples: readonly string[]): ExampleOperation[] {
  const content = samples.find((name) => name === CONTENT_SAMPLE) ?? samples[0] ?? CONTENT_SAMPLE;
  const style = samples.find((name) => name === STYLE_SAMPLE) ?? samples.at(-1) ?? STYLE_SAMPLE;
  const fill = (query: string) => query.replaceAll("CONTENT", content).replaceAll("STYLE", style);
  return [
    { query: fill(START) },
    { query: FOLLOW, variables: JSON.stringify({ id: "newest" }, null, 2) },
    { query: LIST },
    { query: ABOUT },
    { query: fill(ESTIMATE) },
  ];
}
