import type { ComponentChildren } from "preact";
import { BASE } from "../base.ts";

interface PageLinkProps {
  /** Path of the page, below that of the server. */
  readonly to: string;
  readonly class?: string;
  readonly label?: string;
  readonly current?: boolean;
  readonly onClick?: () => void;
  readonly children: ComponentChildren;
}

/** A link to a page of the studio; see `followLink`. */
export function PageLink({ to, class: name, label, current, onClick, children }: PageLinkProps) {
  return (
    <a
      href={BASE + to}
      data-page="studio"
      class={name}
      aria-label={label}
      aria-current={current ? "page" : undefined}
      onClick={onClick}
    >
      {children}
    </a>
  );
}
