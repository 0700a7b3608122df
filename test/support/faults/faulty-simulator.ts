/** Starts the simulator with faults: the plan selects a fault for each request, and the fault changes the answer. */
import type { InterceptedRequest, Interception } from '../../../src/simulator/request-handler.ts';
import { type Simulator, type SimulatorOptions, startSimulator } from '../../../src/simulator/simulator.ts';
import { answerInstead, changedHeaders } from './answers.ts';
import { deliveryOf, type Fault, type FaultPlan } from './faults.ts';
import { changedList, changedPage } from './lists.ts';
import { deliverBadly } from './wire.ts';

export interface FaultySimulatorOptions extends Omit<SimulatorOptions, 'intercept'> {
  readonly faults: FaultPlan;
}

export async function startFaultySimulator({ faults, ...options }: FaultySimulatorOptions): Promise<Simulator> {
  const counts = new Map<string, number>();

  function intercept(request: InterceptedRequest): Interception | undefined {
    const { operation, groupId, clusterName } = request;
    const key = `${operation} ${groupId}/${clusterName}`;
    const number = (counts.get(key) ?? 0) + 1;
    counts.set(key, number);
    const fault = faults({ ...request, number });
    if (fault?.kind === 'expire-tokens') {
      simulator.expireTokens();
    }
    if (fault?.kind === 'expire-nonces') {
      simulator.expireNonces();
    }
    return fault && interceptionOf(fault, request);
  }

  const simulator = await startSimulator({ ...options, intercept });
  return simulator;
}

function interceptionOf(fault: Fault, request: InterceptedRequest): Interception {
  const answer = answerInstead(fault, request);
  const delivery = deliveryOf(fault);
  return {
    ...(answer ? { answer } : {}),
    changeList: (list) => changedList(list, fault),
    changeAnswer: (finished) => changedHeaders(changedPage(finished, fault), fault),
    ...(delivery ? { send: (response, sent, signal) => deliverBadly(response, sent, delivery, signal) } : {}),
  };
}
