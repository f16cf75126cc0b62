import type { Tool } from "../../core/tool.ts";
import type { Reach } from "../reach.ts";
import { createAlertmanagerTools } from "./alertmanager.ts";
import { createGithubTools } from "./github.ts";
import { createKubernetesTools } from "./kubernetes.ts";
import { createPagerdutyTools } from "./pagerduty.ts";
import { createPrometheusTools } from "./prometheus.ts";

const groups = {
  prometheus: createPrometheusTools,
  alertmanager: createAlertmanagerTools,
  pagerduty: createPagerdutyTools,
  kubernetes: createKubernetesTools,
  github: createGithubTools,
} satisfies Readonly<Record<string, (reach: Reach) => readonly Tool[]>>;

/** The tools of those services that are configured. */
export function createOperationsTools(options: Reach): readonly Tool[] {
  return Object.entries(groups).flatMap(([kind, create]) => {
    const services = options.services.filter((service) => service.kind === kind);
    return services.length === 0 ? [] : create({ ...options, services });
  });
}
